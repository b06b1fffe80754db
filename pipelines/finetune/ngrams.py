"""What stands beside the network in the served head, for public sets: a regression over n-grams of letters and words.

The service's own n-grams are counted into buckets (`api/inference/ngrams.ts`); these have a vocabulary.
"""

import warnings

import numpy as np
from scipy.sparse import hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

INVERSE_REGULARIZATION = 30.0
ITERATIONS = 60


class NgramRegression:
    """Logistic regression over TF-IDF of letters within words, and of words and pairs of words."""

    def __init__(self, texts: list[str], labels: list[int]) -> None:
        """Learn from labelled texts."""
        self.vectorizers = [
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), min_df=2, sublinear_tf=True),
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        ]
        for vectorizer in self.vectorizers:
            vectorizer.fit(texts)
        self.regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=ITERATIONS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.regression.fit(self.features(texts), labels)

    def features(self, texts: list[str]):
        """Sparse [texts, n-grams]."""
        return hstack([each.transform(texts) for each in self.vectorizers], format="csr")

    def logits(self, texts: list[str]) -> np.ndarray:
        """Float64 [texts, classes]."""
        decisions = self.regression.decision_function(self.features(texts))
        if decisions.ndim == 1:  # scikit-learn has one value for two classes
            return np.stack([-decisions, decisions], axis=1) / 2
        return decisions
