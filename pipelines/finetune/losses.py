"""What training minimizes."""

import torch
import torch.nn.functional as F

from recipe import Stage


def supervised_contrastive(
    features: torch.Tensor, labels: torch.Tensor, temperature: float
) -> torch.Tensor:
    """Texts of one label near each other, others away (Khosla et al. 2020, L_out), over one batch.

    features [texts, hidden], labels [texts]. Texts without another of their label in the batch do not count.
    """
    directions = F.normalize(features, dim=1)
    same = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    similarities = (directions @ directions.T / temperature).masked_fill(same, -1e9)
    log_shares = similarities - torch.logsumexp(similarities, dim=1, keepdim=True)
    partners = (labels[:, None] == labels[None]) & ~same
    counts = partners.sum(dim=1)
    has_partner = counts > 0
    if not bool(has_partner.any()):
        return features.sum() * 0
    return -((log_shares * partners).sum(dim=1)[has_partner] / counts[has_partner]).mean()


def distillation(
    logits: torch.Tensor,
    features: torch.Tensor,
    teacher_logits: torch.Tensor,
    teacher_features: torch.Tensor,
    labels: torch.Tensor,
    stage: Stage,
) -> torch.Tensor:
    """The teacher's probabilities, softened, beside the labels (Hinton et al. 2015), and its embeddings' directions."""
    heat = stage.teacher_temperature
    imitation = F.kl_div(
        F.log_softmax(logits / heat, dim=1),
        F.softmax(teacher_logits / heat, dim=1),
        reduction="batchmean",
    )
    own = F.cross_entropy(logits, labels, label_smoothing=stage.label_smoothing)
    turned = (1 - F.cosine_similarity(features, teacher_features)).mean()
    weight = stage.teacher_weight
    return weight * heat**2 * imitation + (1 - weight) * own + stage.embedding_weight * turned
