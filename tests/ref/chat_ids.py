#!/usr/bin/env python3
"""Compare the ids of chats: fg-import --template FOLDER | fg-tokenize --special with apply_chat_template.

    chat_ids.py build/bin FOLDER

FOLDER has a tokenizer.json and a chat template.  A finished dialogue is compared up to the end token of
its answer.  Where prompt and answer are tokens of their own, the whole text may have a token over both:
these are counted.  The exit code is 1 when anything else differs.  Needs transformers.
"""
import json
import subprocess
import sys

from chat_templates import dialogues
from transformers import AutoTokenizer


def main():
    programs, folder = sys.argv[1:]
    tok = AutoTokenizer.from_pretrained(folder)

    def ids(messages, prompt, **more):
        return tok.apply_chat_template(messages, tokenize=True, add_generation_prompt=prompt, return_dict=True, **more)["input_ids"]

    same = refused = across = differ = 0
    for messages, more in dialogues():
        row = {"messages": messages}
        kwargs = {k: v for k, v in more.items() if k not in ("tools", "documents")}
        row.update({k: v for k, v in more.items() if k in ("tools", "documents")})
        if kwargs:
            row["chat_template_kwargs"] = kwargs
        finished = messages[-1]["role"] == "assistant"
        a = subprocess.run([f"{programs}/fg-import", "-q", "--from", "trl", "--template", folder], input=json.dumps(row) + "\n",
                           capture_output=True, text=True)
        try:
            prompt = ids(messages[:-1] if finished else messages, True, **more)
            whole = ids(messages, False, **more) if finished else None
        except Exception:
            prompt = None
        if a.returncode or prompt is None:
            # an empty answer is refused here alone
            if a.returncode and (prompt is None or finished and not (messages[-1]["content"] or "").strip() or "beginning of the finished" in a.stderr):
                refused += 1
            else:
                differ += 1
                print(json.dumps(row, ensure_ascii=False)[:300], a.stderr, sep="\n")
            continue
        b = subprocess.run([f"{programs}/fg-tokenize", "-q", "-t", folder, "--special", "-f", "response"] if finished else
                           [f"{programs}/fg-tokenize", "-q", "-t", folder, "--special", "-f", "prompt"], input=a.stdout,
                           capture_output=True, text=True, check=True)
        r = json.loads(b.stdout)
        if finished and "prompt_ids" not in r:
            b = subprocess.run([f"{programs}/fg-tokenize", "-q", "-t", folder, "--special", "-f", "prompt"], input=b.stdout,
                               capture_output=True, text=True, check=True)
            r = json.loads(b.stdout)
        got = r["prompt_ids"] + r.get("response_ids", [])
        want = whole[:len(got)] if finished else prompt
        if got == want:
            same += 1
        elif finished and r["prompt_ids"] == prompt and tok.decode(got) == tok.decode(whole)[:len(tok.decode(got))]:
            across += 1
        else:
            differ += 1
            print(json.dumps(row, ensure_ascii=False)[:300], got, want, sep="\n")
    print(f"{folder}: {same} the same, {across} with a token across prompt and answer, {refused} refused by both or unusable, {differ} differ")
    return differ > 0


if __name__ == "__main__":
    sys.exit(main())
