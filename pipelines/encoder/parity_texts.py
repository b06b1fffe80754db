"""Texts on which two tokenizers are likely to disagree, for the fixture of parity_fixture.py.

Characters that an editor or a formatter might change are written as escapes.
"""

from itertools import chain
from unicodedata import normalize

GERMAN = [
    "Übergröße für Türöffner",
    "Straße, STRASSE, ẞ und ß in Köln",
    "äöüÄÖÜß",
    "Maßanfertigung für Fenster: 2,50 m × 60 cm",
    "Die Öse am Änderungsschloß ist lose.",
]
# The same letters as base letter and combining mark, the form in which macOS hands over file names.
DECOMPOSED = [normalize("NFD", text) for text in GERMAN] + [
    "Cafe\u0301 cre\u0300me",
    "a\u0308\u0304 doppelt markiert",
    "o\u0302\u0323 in falscher Ordnung",
    "\u0308 am Anfang allein",
    "n\u0303ande\u0301, A\u030angstro\u0308m",
]
# The Rust normalizer works by grapheme cluster: of a cluster shorter than six bytes only the first
# replacement remains, marks behind it are lost; longer clusters are replaced character by character.
CLUSTERS = [
    "\uff17\u0362 und \uff1f\u0311",
    "\uff04\u0659 \uff10\u20e3",
    "a\u0323\u0308\u0304 e\u0301\u0301",
    "\uff76\uff9e\uff9f \u30ab\u3099 \u304b\u3099",
    "\u1100\u1161 \u1100\u1161\u11a8 \uac00\u11a8",
    "1\u0308\r\n2\u0308",
]
COMPATIBILITY = [
    "Pro\ufb01l mit \ufb02acher Kante, O\ufb03ce",
    "\uff26\uff55\uff4c\uff4c\uff57\uff49\uff44\uff54\uff48\u3000\uff11\uff12\uff13\uff01",
    "5 m\u00b2 Fliesen, 3 m\u00b3 Sand, \u00bd Palette",
    "\u2460 \u2461 \u2462, \u2167 und \u2075",
    "\u33a1 \u338f \u212b \u2126 \u00b5",
    "Wartezeit\u2026 \u2014 3\u20135 Tage \u2030",
    "\u01c6 \u0133 \u0149 \u017f",
    "\u2122 \u00ae \u00a9 \u2120",
    "\uff76\uff9e\uff70\uff83\uff9e\uff9d",
    "\ud55c\uae00 und \u1112\u1161\u11ab\u1100\u1173\u11af",
]
EMOJI = [
    "\U0001f600",
    "Danke \U0001f64f\U0001f64f\U0001f64f",
    "Daumen \U0001f44d\U0001f3fd und \U0001f44e\U0001f3ff",
    "Familie \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 zieht um",
    "\U0001f469\U0001f3fc\u200d\U0001f527 repariert die Heizung",
    "Flagge \U0001f1e9\U0001f1ea\U0001f1e6\U0001f1f9\U0001f1e8\U0001f1ed",
    "\U0001f3f3\ufe0f\u200d\U0001f308 \U0001f3f4\u200d\u2620\ufe0f",
    "Herz \u2764\ufe0f, \u2764\ufe0e und \u2764",
    "Taste 1\ufe0f\u20e3 #\ufe0f\u20e3",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "kaputt\U0001f62dkaputt\U0001f62d",
    "\U0001fae8 \U0001faf6 \U0001f6dd",
    "\u2705 bezahlt \u274c nicht geliefert \u26a0\ufe0f",
    "\U0001d40a\U0001d4b6\U0001d5bf\U0001d4c0\U0001d586",
    "\U00020000\U0002a6d6 \U0001f130",
]
OTHER_SCRIPTS = [
    "\u05d0\u05d9\u05e4\u05d4 \u05d4\u05d7\u05d1\u05d9\u05dc\u05d4 \u05e9\u05dc\u05d9?",
    "\u0623\u064a\u0646 \u0637\u0644\u0628\u064a\u061f \u0645\u064f\u0631\u0652\u0633\u064e\u0644",
    "Bestellung \u200f\u05e2\u05d1\u05e8\u05d9\u05ea\u200e 123",
    "\u202bvon rechts\u202c nach links",
    "\u0413\u0434\u0435 \u043c\u043e\u0439 \u0437\u0430\u043a\u0430\u0437?",
    "\u03a0\u03bf\u03cd \u03b5\u03af\u03bd\u03b1\u03b9 \u03b7 \u03c0\u03b1\u03c1\u03b1\u03b3\u03b3\u03b5\u03bb\u03af\u03b1;",
    "\u6211\u7684\u5305\u88f9\u5728\u54ea\u91cc\uff1f",
    "\u6ce8\u6587\u3057\u305f\u30c9\u30ea\u30eb\u304c\u5c4a\u304d\u307e\u305b\u3093\u3002",
    "\ubc30\uc1a1\uc774 \uc5b8\uc81c \ub418\ub098\uc694?",
    "\u0e2a\u0e34\u0e19\u0e04\u0e49\u0e32\u0e2d\u0e22\u0e39\u0e48\u0e17\u0e35\u0e48\u0e44\u0e2b\u0e19",
    "\u092e\u0947\u0930\u093e \u0911\u0930\u094d\u0921\u0930 \u0915\u0939\u093e\u0901 \u0939\u0948?",
    "Bohrer \u30c9\u30ea\u30eb drill \u0434\u0440\u0435\u043b\u044c",
    "Sipari\u015fim nerede? \u0130stanbul, \u0131\u015f\u0131k",
    "P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148",
    "\u0110\u1eb7t h\u00e0ng r\u1ed3i",
]
INVISIBLE = [
    "Bau\u00admarkt mit Trenn\u00adstrich",
    "null\u200bbreit",
    "ver\u200dbun\u200cden",
    "\ufeffBOM am Anfang",
    "mitten\ufeffdrin",
    "wort\u2060verbinder",
    "\u200b",
    "\u200b\u200d\ufeff",
    "\u00ad",
    "\ufffd Ersatz \ufffd\ufffd",
    "\ue000 privat \uf8ff",
    "\ufff9anno\ufffatiert\ufffb",
]
CONTROL = [
    "null\u0000byte",
    "\u0000",
    "klingel\u0007 und r\u00fcck\u0008",
    "\u001b[31mrot\u001b[0m",
    "entf\u007fernt",
    "c1\u0080\u0085\u009fende",
    "\u0001\u0002\u0003",
    "zeile\u000bvertikal\u000cseite",
]
WHITE_SPACE = [
    "",
    " ",
    "   ",
    "\t",
    "\n",
    "\r\n\r\n",
    " vorn",
    "hinten ",
    "  beides  ",
    "zwei  drei   vier    Leerzeichen",
    "tab\tgetrennt\t\tdoppelt",
    "Zeile eins\nZeile zwei\r\nZeile drei\rZeile vier",
    "Absatz\n\n\nAbsatz",
    "hart\u00a0verbunden\u00a0\u00a0doppelt",
    "schmal\u202f5\u2009kg\u200a!",
    "\u3000ideografisch\u3000",
    "\u2028Zeilentrenner\u2029Absatztrenner",
    " \t \n gemischt \u00a0 ",
    "\u1680ogham\u205fmathe",
    "satz.  neuer satz.\n  eingerückt",
]
UNDERLINES = [
    "\u2581",
    "\u2581\u2581 Unterstrich \u2581",
    "wort\u2581wort",
    "_unter_strich_",
    " \u2581 zwischen Leerzeichen",
]
PUNCTUATION = [
    "?",
    "!!!",
    "...",
    ".",
    "-",
    ",;:",
    "()[]{}",
    "\"'`´",
    "„Zitat“ »Zitat« “quote” ‘quote’",
    "---===+++***###",
    "¿¡",
    "\\n \\t \\u0041",
    "a/b|c\\d",
    "😤?!?!?!",
    "\u3002\u3001\uff01\uff1f",
]
NUMBERS_AND_CODES = [
    "0",
    "42",
    "1234567890",
    "1.234.567,89 €",
    "12,5 % auf 3 Stück à 4,99€",
    "Art.-Nr. 10-4477/B_2x4",
    "+49 (0)221 / 123 45-67",
    "DE89 3704 0044 0532 0130 00",
    "24.12.2025 18:30 Uhr",
    "https://www.example.com/bohrer?id=17&ref=mail#bewertung",
    "www.example.org",
    "max.mustermann+baumarkt@example.com",
    "<p>Hallo&nbsp;<b>Welt</b></p>",
    '{"order": 17, "ok": true}',
    "SELECT * FROM orders; -- x",
    "C:\\Benutzer\\Bilder\\küche.jpg",
    "\u0663\u0664\u0665 \u096a\u096b",
    "1e-9 0x1F 3²",
    "M8x40 DIN933 A2-70",
    "e5",
]
WORDS = [
    "a",
    "ß",
    "ok",
    "OK",
    "wORTMITGROSSSCHREIBFEHLER",
    "Gartenbewässerungsanlagensteuerungseinheitenersatzteilbestellnummer",
    "CamelCaseUndSnake_Case",
    "lauuuuuuuuuuuuuuuuuut",
    "x" * 300,
    "ab" * 200,
    "Donaudampfschifffahrt" * 12,
    "ä" * 64,
    "😀" * 40,
    "query: query: passage:",
    "Bohrer/Bohrmaschine/Bohrhammer",
    "don't can't l'eau d'été",
    "Hans-Peter-Straße",
    "xqzjkv wpfgh",
]
LONG = [
    "Wo ist mein Paket? " * 100,
    "Ich möchte den Bohrer zurückgeben, weil er nicht bohrt. " * 40,
    "grün blau rot gelb " * 150,
]

# Strings that the Rust tokenizer takes for its own control tokens when they stand in a text.
SPECIAL_LITERALS = [
    "<s>",
    "</s>",
    "<pad>",
    "<unk>",
    "<mask>",
    "Was bedeutet <s> in meiner Mail?",
    "Ende</s>Anfang",
    "<s>Rechnung</s>",
    "zwei </s></s> hintereinander",
    "die Farbe ist <unk> und das Maß <mask>",
    " <pad> <pad> ",
    "<S> < s> <s > <s",
    "durch<s>gestrichen</s>er Preis",
]

EDGE_CASES = list(
    chain(
        GERMAN,
        DECOMPOSED,
        CLUSTERS,
        COMPATIBILITY,
        EMOJI,
        OTHER_SCRIPTS,
        INVISIBLE,
        CONTROL,
        WHITE_SPACE,
        UNDERLINES,
        PUNCTUATION,
        NUMBERS_AND_CODES,
        WORDS,
        LONG,
    )
)
