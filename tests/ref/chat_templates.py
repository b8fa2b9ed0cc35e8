#!/usr/bin/env python3
"""Compare chat templates with transformers: every *.jinja file of a folder, and every
tokenizer_config.json or chat_template.jinja below it, over many dialogues.

    chat_templates.py build/tests/ref/chat.t FOLDER [NAME ...]

Prints a line for each template: dialogues that give the same text, that both refuse, and that differ
(or that only one takes).  The exit code is 1 when one of them differs.  Needs transformers and jinja2.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys

from transformers.utils import chat_template_utils


class Fixed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 2, 29, 12, 34, 56)


chat_template_utils.datetime = Fixed

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather \"now\" at a place.\nIn °C, <b>exactly</b>.",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "Ort & Land, e.g. 'Köln'"},
        "days": {"type": "integer", "minimum": 1, "default": 3},
        "units": {"type": "string", "enum": ["°C", "°F"]},
        "at": {"type": "array", "items": {"type": "number"}, "nullable": True}},
        "required": ["city"]}, "return": {"type": "number", "description": "degrees"}}}
CLOCK = {"type": "function", "function": {"name": "clock", "description": "The time.", "parameters": {"type": "object", "properties": {}}}}


def m(role, content, **more):
    return {"role": role, "content": content, **more}


def dialogues():
    """Messages, and other variables."""
    texts = ["Hi", " white space \n", "", "\n\n", "Grüße aus Köln", "日本語と中文", "👩‍👩‍👧 😀", "a\tb\r\nc", "<|im_end|> [INST] </s>",
             "{{ 7*7 }} {% if x %}", "\"quoted\" 'single' \\back", "x" * 300, "line\nline\n\nline", "\u00a0nbsp\u3000", "العربية עברית", "e\u0301"]
    for t in texts:
        yield [m("user", t)], {}
        yield [m("system", t), m("user", "Hello")], {}
        yield [m("user", "Hello"), m("assistant", t), m("user", "More")], {}
    yield [m("system", "Be brief."), m("user", "a"), m("assistant", "b"), m("user", "c"), m("assistant", "d")], {}
    yield [m("user", "a"), m("assistant", "b"), m("user", "c"), m("assistant", "d"), m("user", "e"), m("assistant", "f ")], {}
    yield [m("system", ""), m("user", "a")], {}
    yield [m("system", "Only a system turn")], {}
    yield [m("user", "a"), m("user", "b")], {}
    yield [m("assistant", "first"), m("user", "b")], {}
    yield [m("user", "a"), m("assistant", "b")], {}
    yield [m("user", "a"), m("assistant", "<think>\nhm\n</think>\n\nb"), m("user", "c"), m("assistant", "<think>x</think>d")], {}
    yield [m("user", "a"), m("assistant", "b", reasoning_content="thought")], {}
    yield [m("user", "a"), m("assistant", "b", reasoning_content="thought"), m("user", "c")], {}
    yield [m("user", "a")], {"enable_thinking": False}
    yield [m("user", "a")], {"enable_thinking": True}
    yield [m("system", "/no_think"), m("user", "a")], {}
    yield [m("user", "a")], {"date_string": "1 Jan 2030"}
    yield [m("nobody", "a")], {}
    yield [m("user", [{"type": "text", "text": "part one"}, {"type": "text", "text": " part two"}])], {}
    yield [m("user", [{"type": "image"}, {"type": "text", "text": "what?"}]), m("assistant", [{"type": "text", "text": "that"}])], {}
    yield [m("user", "a"), m("assistant", None)], {}
    for tools in ([WEATHER], [CLOCK, WEATHER]):
        call = {"type": "function", "id": "abcdefghi", "function": {"name": "get_weather", "arguments": {"city": "Köln", "days": 2}}}
        text_call = {"type": "function", "id": "123456789", "function": {"name": "clock", "arguments": "{\"a\": 1}"}}
        yield [m("user", "Weather?")], {"tools": tools}
        yield [m("system", "Use tools."), m("user", "Weather?")], {"tools": tools}
        yield [m("user", "Weather?"), m("assistant", "", tool_calls=[call])], {"tools": tools}
        yield [m("user", "Weather?"), m("assistant", "", tool_calls=[call]), m("tool", "21.5", tool_call_id="abcdefghi", name="get_weather")], {"tools": tools}
        yield [m("user", "Weather?"), m("assistant", "", tool_calls=[call]), m("tool", "21.5", tool_call_id="abcdefghi", name="get_weather"),
               m("assistant", "Warm."), m("user", "Thanks")], {"tools": tools}
        yield [m("user", "Both?"), m("assistant", "Let me see.", tool_calls=[call, text_call]), m("tool", "1", tool_call_id="abcdefghi"),
               m("tool", "{\"t\": \"12:00\"}", tool_call_id="123456789"), m("assistant", "ok")], {"tools": tools}
        yield [m("user", "a"), m("assistant", "b"), m("user", "Weather?")], {"tools": tools, "tools_in_user_message": False}
    yield [m("user", "cite")], {"documents": [{"title": "T", "text": "Täxt"}]}


def cases():
    for messages, more in dialogues():
        for prompt in (True, False):
            v = {"messages": messages, "tools": None, "documents": None, "add_generation_prompt": prompt,
                 "bos_token": "<s>", "eos_token": "</s>", **more}
            v["messages"] = [{k: x for k, x in t.items() if x is not None} for t in messages]
            v["messages"] = chat_template_utils._alias_reasoning_fields(v["messages"])
            yield v


def templates(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix == ".jinja":
            yield path.name if path.name != "chat_template.jinja" else path.parent.name, path.read_bytes().decode()
        elif path.name == "tokenizer_config.json":
            t = json.loads(path.read_text()).get("chat_template")
            for one in [{"name": "default", "template": t}] if isinstance(t, str) else t or []:
                yield f"{path.parent.name}:{one['name']}", one["template"]


def main():
    program, folder, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    differ = 0
    for name, text in templates(folder):
        if names and not any(n in name for n in names):
            continue
        path = f"/tmp/chat_template.{os.getpid()}"
        pathlib.Path(path).write_bytes(text.encode())
        all_cases = list(cases())
        lines = "".join(json.dumps(v, ensure_ascii=False) + "\n" for v in all_cases)
        ours = subprocess.run([program, path], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
        os.unlink(path)
        same = refused = bad = 0
        first = None
        for v, line in zip(all_cases, ours, strict=True):
            got = json.loads(line)
            try:
                want = chat_template_utils._compile_jinja_template(text).render(**json.loads(json.dumps(v)))
            except Exception as e:
                want, why = None, f"{type(e).__name__}: {e}"
            if want is not None and got.get("text") == want:
                same += 1
            elif want is None and got.get("status") == 2:
                refused += 1
            else:
                bad += 1
                first = first or (v["messages"], want if want is not None else why, got)
        print(f"{name}: {same} the same, {refused} refused by both, {bad} differ", flush=True)
        if first:
            print(f"    {json.dumps(first[0], ensure_ascii=False)[:300]}\n    want {first[1]!r}\n    got  {first[2]!r}")
            differ = 1
    return differ


if __name__ == "__main__":
    sys.exit(main())
