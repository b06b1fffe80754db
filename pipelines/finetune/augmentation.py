"""Writes inquiries otherwise, as people do: seven kinds of noise, each of which leaves the meaning alone."""

import re
from collections.abc import Callable

import numpy as np

Noise = Callable[[str, np.random.Generator], str]

NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "kö", "m": "n", "n": "bm", "o": "ip", "p": "oü", "q": "wa", "r": "et",
    "s": "ad", "t": "rz", "u": "zi", "v": "cb", "w": "qe", "x": "yc", "y": "x", "z": "tu",
}  # fmt: skip
LETTERS_A_TYPO = 25

ABBREVIATIONS = {
    "vielleicht": "vllt", "eigentlich": "eig", "irgendwie": "iwie", "zum beispiel": "zb",
    "und": "u", "oder": "od", "nicht": "net", "ist": "is", "eine": "ne", "einen": "nen", "habe": "hab",
    "könnte": "könnt", "möchte": "möcht", "bestellung": "best.", "nummer": "nr", "quadratmeter": "qm",
    "zentimeter": "cm", "millimeter": "mm", "meter": "m", "stück": "stk", "mit freundlichen grüßen": "mfg",
    "viele grüße": "vg", "beziehungsweise": "bzw", "ungefähr": "ca", "please": "pls", "thanks": "thx",
    "you": "u", "your": "ur", "are": "r", "because": "cos", "with": "w/", "without": "w/o", "about": "abt",
    "tomorrow": "tmrw", "number": "no", "information": "info", "as soon as possible": "asap",
    "do not": "dont", "cannot": "cant", "square metres": "sqm",
}  # fmt: skip

SYNONYMS = {
    "kaufen": "besorgen", "gekauft": "besorgt", "kaputt": "defekt", "defekt": "kaputt", "defekte": "kaputte",
    "lieferung": "zustellung", "paket": "sendung", "geliefert": "gebracht", "zurückgeben": "zurückbringen",
    "umtauschen": "tauschen", "geld": "betrag", "rechnung": "quittung", "quittung": "rechnung",
    "filiale": "markt", "markt": "filiale", "laden": "geschäft", "geschäft": "laden", "geöffnet": "offen",
    "offen": "geöffnet", "brauche": "benötige", "benötige": "brauche", "passend": "geeignet",
    "geeignet": "passend", "montieren": "anbringen", "anbringen": "montieren", "befestigen": "festmachen",
    "streichen": "anmalen", "wohnung": "bude", "schnell": "rasch", "schon": "bereits", "bereits": "schon",
    "jetzt": "nun", "wann": "ab wann", "empfehlen": "raten", "verfügbar": "vorrätig", "vorrätig": "verfügbar",
    "buy": "get", "bought": "purchased", "purchased": "bought", "broken": "faulty", "faulty": "broken",
    "parcel": "package", "package": "parcel", "delivered": "dropped off", "return": "send back",
    "receipt": "invoice", "invoice": "receipt", "shop": "store", "store": "shop",
    "need": "require", "require": "need", "suitable": "right", "fix": "attach", "attach": "fix",
    "flat": "apartment", "apartment": "flat", "quickly": "fast", "already": "by now", "recommend": "suggest",
    "suggest": "recommend", "in stock": "available", "available": "in stock",
}  # fmt: skip

FRAMES = {
    "de": (
        "Hallo, {}", "Guten Tag, {}", "Moin, {}", "Servus, {}", "Hallo zusammen. {}", "Sehr geehrte Damen und Herren, {}",
        "Kurze Frage: {}", "Ich hätte da mal eine Frage. {}", "{} Danke schon mal!", "{} Vielen Dank im Voraus.",
        "{} Bitte um kurze Rückmeldung.", "{} LG", "{} Mit freundlichen Grüßen", "Hi, {} Danke und Gruß",
    ),
    "en": (
        "Hi, {}", "Hello, {}", "Hi there. {}", "Good morning, {}", "Dear team, {}", "Quick question: {}",
        "I was wondering about something. {}", "{} Thanks in advance!", "{} Cheers", "{} Please let me know.",
        "{} Many thanks", "Hey, {} Thank you!",
    ),
}  # fmt: skip
GERMAN = re.compile(
    r"[äöüß]|\b(ich|der|die|das|und|ist|nicht|ein|eine|wie|mit|bei|für|auf|hab|habe)\b",
    re.IGNORECASE,
)


class Augmenter:
    """Some of the kinds of noise, or all."""

    def __init__(self, kinds: tuple[str, ...] = ()) -> None:
        """Raises ValueError for a kind that there is not."""
        unknown = sorted(set(kinds) - set(KINDS))
        if unknown:
            raise ValueError(f"unknown noise {', '.join(unknown)}; known are {', '.join(KINDS)}")
        self.kinds = [KINDS[kind] for kind in kinds or KINDS]

    def write_otherwise(
        self, texts: list[str], share: float, random: np.random.Generator
    ) -> list[str]:
        """The texts, this share of them with one or two kinds of noise."""
        return [
            self.disturb(text, random) if chance < share else text
            for text, chance in zip(texts, random.random(len(texts)), strict=True)
        ]

    def disturb(self, text: str, random: np.random.Generator) -> str:
        """One text, written otherwise; as it was where noise would leave nothing of it."""
        count = min(len(self.kinds), int(random.integers(1, 3)))
        noisy = text
        for kind in random.choice(len(self.kinds), count, replace=False):
            noisy = self.kinds[kind](noisy, random)
        return noisy if noisy.strip() else text


def mistype(text: str, random: np.random.Generator) -> str:
    """Letters swapped, lost, doubled, or hit beside: one in some 25 letters, one at least."""
    letters = list(text)
    places = [place for place, letter in enumerate(letters) if letter.isalpha()]
    if len(places) < 4:
        return text
    for place in random.choice(places, 1 + len(places) // LETTERS_A_TYPO, replace=False):
        letter = letters[place]
        match random.integers(4):
            case 0:
                letters[place] = ""
            case 1:
                letters[place] = letter * 2
            case 2 if place + 1 < len(letters) and len(letters[place + 1]) == 1:
                letters[place], letters[place + 1] = letters[place + 1], letter
            case _:
                near = NEIGHBOURS.get(letter.lower(), letter)
                letters[place] = near[random.integers(len(near))]
    return "".join(letters)


def change_case(text: str, random: np.random.Generator) -> str:
    """All small, all capital (more rarely), or every word capital."""
    chance = random.random()
    if chance < 0.7:
        return text.lower()
    return text.upper() if chance < 0.9 else text.title()


def abbreviate(text: str, random: np.random.Generator) -> str:
    """Words as they are shortened in chats."""
    return replace_words(text, ABBREVIATIONS, random)


def respell_umlauts(text: str, random: np.random.Generator) -> str:
    """ä as ae or a, for those who have no such keys."""
    pairs = ("ae", "oe", "ue", "ss") if random.random() < 0.6 else ("a", "o", "u", "s")
    for letter, plain in zip("äöüß", pairs, strict=True):
        text = text.replace(letter, plain)
        if letter != "ß":  # its capital is the ordinary SS
            text = text.replace(letter.upper(), plain.capitalize())
    return text


def drop_punctuation(text: str, random: np.random.Generator) -> str:
    """No marks at all, or none at the end, or too many there."""
    chance = random.random()
    if chance < 0.5:
        return re.sub(r"[.,;:!?\"'()\-–]+(?=\s|$)", "", text)
    if chance < 0.8:
        return text.rstrip(".!?")
    return text.rstrip(".!?") + "?!."[random.integers(3)] * int(random.integers(2, 4))


def swap_synonyms(text: str, random: np.random.Generator) -> str:
    """Another word for the same."""
    return replace_words(text, SYNONYMS, random)


def rephrase(text: str, random: np.random.Generator) -> str:
    """The same inside other phrases, or its sentences in another order of courtesy: greeting, thanks, lead-in."""
    frames = FRAMES["de" if GERMAN.search(text) else "en"]
    return frames[random.integers(len(frames))].format(text)


def replace_words(text: str, words: dict[str, str], random: np.random.Generator) -> str:
    """Each known word replaced with a chance of two in three, its first letter's case kept."""

    def other(match: re.Match) -> str:
        found = match.group()
        if random.random() < 1 / 3:
            return found
        replacement = words[found.lower()]
        return replacement.capitalize() if found[0].isupper() else replacement

    pattern = r"\b(" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + r")\b"
    return re.sub(pattern, other, text, flags=re.IGNORECASE)


KINDS: dict[str, Noise] = {
    "typos": mistype,
    "casing": change_case,
    "abbreviations": abbreviate,
    "umlauts": respell_umlauts,
    "punctuation": drop_punctuation,
    "synonyms": swap_synonyms,
    "paraphrase": rephrase,
}
