#!/usr/bin/env python3
"""Round trips with the packages argilla and label-studio-sdk: what fg-export writes is read, held to their rules, and
written again, and fg-import gets every record back.  usage: annotate_tools.py BIN"""
import json
import subprocess
import sys

RECORDS = [
    {"id": "1", "prompt": "say é", "rejected": "a é 😀 b", "n": [1, {"x": None}], "chosen": "a b", "edit": "edited",
     "note": "ein\nzwei", "annotator": "ann", "seconds": 2.5, "rejected_spans": [[2, 4], [5, 9, "rude"]]},
    {"id": "1", "prompt": "say é", "rejected": "a é 😀 b", "n": [1, {"x": None}], "chosen": "a é 😀 b", "edit": "unchanged",
     "annotator": "bea"},
    {"id": "2", "prompt": "p", "rejected": "not yet"},
    {"id": "3", "prompt": "p", "rejected": "r", "edit": "skipped", "reason": "no", "annotator": "ann"},
    {"id": "w", "response": "x", "reference": "y", "win": 1, "annotator": "ann"},
    {"id": "w", "response": "x", "reference": "y", "win": 0.5, "annotator": "bea"},
]
CONFIG = """<View><Text name="rejected" value="$rejected"/>
<TextArea name="chosen" toName="rejected"/><TextArea name="note" toName="rejected"/><TextArea name="reason" toName="rejected"/>
<Choices name="edit" toName="rejected"><Choice value="edited"/><Choice value="unchanged"/><Choice value="skipped"/></Choices>
<Labels name="rejected_spans" toName="rejected"><Label value="wrong"/><Label value="rude"/></Labels></View>"""
WINS = """<View><Text name="response" value="$response"/><Text name="reference" value="$reference"/>
<Choices name="win" toName="response"><Choice value="response"/><Choice value="reference"/><Choice value="tie"/></Choices></View>"""


def run(program, *args, text):
    return subprocess.run([f"{sys.argv[1]}/{program}", *args], input=text, capture_output=True, text=True, check=True).stdout


def lines(records):
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)


def back(layout, text):
    return [json.loads(l) for l in run("fg-import", "--from", layout, text=text).splitlines()]


def same(what, got, want):
    if got != want:
        for g, w in zip(got, want):
            if g != w:
                print("got ", g, "\nwant", w)
        sys.exit(f"{what}: not the same")
    print(f"{what}: {len(got)} records, nothing lost")


def by_argilla():
    import argilla
    from argilla.records._resource import Record

    tasks = json.loads(run("fg-export", "--to", "argilla", text=lines(RECORDS)))
    again = [Record.from_dict(t).to_dict() for t in tasks]
    same(f"argilla {argilla.__version__}", back("argilla", json.dumps(again)), RECORDS)


def by_label_studio():
    import label_studio_sdk
    from label_studio_sdk.label_interface import LabelInterface

    tasks = json.loads(run("fg-export", "--to", "label-studio", text=lines(RECORDS)))
    for t in tasks:
        about = LabelInterface(CONFIG if "rejected" in t["data"] else WINS)
        for a in t["annotations"]:
            if not about.validate_annotation({"result": a["result"]}):
                sys.exit(f"not an annotation: {a}")
    same(f"label-studio-sdk {label_studio_sdk.__version__}", back("label-studio", json.dumps(tasks)), RECORDS)


by_argilla()
by_label_studio()
