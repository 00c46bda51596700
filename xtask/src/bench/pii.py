"""Presidio over one text file, a line at a time. Usage: pii.py FILE
Prints: seconds (engine ready before), findings, version; then one line for each kind.

Presidio has no recogniser for China and its Chinese spaCy model is not on PyPI, so: a blank Chinese pipeline (its
fast case: no model runs), its own recognisers of cards, e-mail, IP and MAC addresses and telephone numbers (region
CN), and one pattern each for what it lacks (identity card, credit code, plate). It checks Luhn; it has no check of
GB 11643 and GB 32100.
"""
import sys, time
from collections import Counter
from importlib.metadata import version
import spacy, tldextract
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # its default asks the network for a list of suffixes
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer, EmailRecognizer, IpRecognizer, MacAddressRecognizer, PhoneRecognizer)


class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__()
        self.nlp = {"zh": spacy.blank("zh")}

    def load(self):
        pass


def pattern(entity, regex, score=0.6):
    return PatternRecognizer(entity, patterns=[Pattern(entity, regex, score)], supported_language="zh")


registry = RecognizerRegistry(supported_languages=["zh"])
for kind in (CreditCardRecognizer, EmailRecognizer, IpRecognizer, MacAddressRecognizer):
    registry.add_recognizer(kind(supported_language="zh"))
registry.add_recognizer(PhoneRecognizer(supported_language="zh", supported_regions=("CN",)))
registry.add_recognizer(pattern("CN_ID", r"(?<!\d)[1-8]\d{5}(?:19|20)\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"))
registry.add_recognizer(pattern("CN_USCC", r"(?<![0-9A-Za-z])[1-9AY][1-9]\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])"))
registry.add_recognizer(pattern("CN_PLATE", r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-Z]·?[A-HJ-NP-Z0-9]{5,6}"))
engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["zh"])
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
engine.analyze(text=lines[0], language="zh")
begun = time.process_time()
counts = Counter(found.entity_type for line in lines for found in engine.analyze(text=line, language="zh"))
print(f"{time.process_time() - begun:.6f} {sum(counts.values())} {version('presidio-analyzer')}")
for kind, count in sorted(counts.items()):
    print(kind, count)
