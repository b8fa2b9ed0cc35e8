#!/usr/bin/env python3
"""Write chat_vectors.jsonl: templates of our own, one or more a construct, with what jinja2 makes of
them as transformers sets it up.  Needs transformers and jinja2.

    chat_vectors.py > tests/ref/chat_vectors.jsonl
"""
import datetime
import json

from transformers.utils import chat_template_utils


class Fixed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 2, 29, 12, 34, 56)


chat_template_utils.datetime = Fixed

TALK = [{"role": "system", "content": " be\tnice "}, {"role": "user", "content": "Grüße 😀 <b>&\"'"},
        {"role": "assistant", "content": "x\ny"}, {"role": "user", "content": ""}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {
    "a": {"type": "string", "enum": ["é", "\u2028"]}, "n": {"type": "number", "default": 1.0}}, "required": []}}}
V = {"messages": TALK, "tools": [TOOL], "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True,
     "n": 5, "f": 2.5, "big": 1e16, "small": 1e-5, "none": None, "yes": True, "no": False, "empty": [], "s": "Hello World",
     "d": {"b": 1, "A": [1, 2], "c": None, "items": "mine"}, "l": [3, 1, 2], "w": ["b", "A", "c"], "text": " a,b,,c \n",
     "lines": "one\ntwo\r\n\nthree", "o": {"x": {"y": [{"z": 7}]}}}

TEMPLATES = r'''
{{ s }}|{{ n }}|{{ f }}|{{ big }}|{{ small }}|{{ none }}|{{ yes }}|{{ no }}|{{ empty }}|{{ nothing }}
{{ d }}|{{ l }}|{{ (1,) }}|{{ (1, 'a') }}|{{ [none, true, 1.0] }}|{{ {'a': "it's", "b": 'say "x"'} }}|{{ ['\n\t\\', 'é\u200b\x07'] }}
{{ 1.5e3 }}|{{ 0.1 + 0.2 }}|{{ 100.0 }}|{{ 1e22 }}|{{ 123456789.123 }}|{{ 1_000 }}|{{ 0x1f }}|{{ 0b101 }}|{{ 0o17 }}|{{ -0.0 }}|{{ 5e-324 }}
{{ -2**2 }}|{{ 2**-1 }}|{{ 2**10 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ -7 % 3 }}|{{ 7 / 2 }}|{{ 7.5 // 2 }}|{{ -7.5 % 2 }}|{{ 2 * 3 + 4 }}|{{ 2 + 3 * 4 }}
{{ 'a' * 3 }}|{{ 3 * 'ab' }}|{{ 'a' + 'b' }}|{{ [1] + [2] }}|{{ (1,) + (2,) }}|{{ 1 ~ 'a' ~ none ~ 2.0 }}|{{ 'x' + 1 ~ 2 }}
{{ +3 }}|{{ -n }}|{{ - -n }}|{{ -f }}|{{ true + 1 }}|{{ 'a' 'b' 'c' }}
{{ 1 == 1.0 }}|{{ 1 == true }}|{{ 'a' == 'b' }}|{{ [1] == [1] }}|{{ (1,) == [1] }}|{{ {'a': 1} == {'a': 1.0} }}|{{ none == false }}|{{ nothing == nope }}
{{ 1 < 2 < 3 }}|{{ 1 < 3 > 2 }}|{{ 'a' < 'b' }}|{{ [1, 2] < [1, 3] }}|{{ 'é' > 'z' }}|{{ 2 >= 2 }}|{{ 2 <= 1 }}|{{ 1 != 2 }}
{{ 'a' in 'cat' }}|{{ 'x' not in 'cat' }}|{{ 1 in l }}|{{ 'b' in d }}|{{ 'a' in nothing }}|{{ '' in 'a' }}|{{ 2 not in [1] }}
{{ not yes }}|{{ yes and s }}|{{ no or 'x' }}|{{ none or 0 }}|{{ not no and yes }}|{{ not (no or yes) }}|{{ 0 and 1 }}
{{ 'a' if yes else 'b' }}|{{ 'a' if no }}|{{ 'a' if no else 'b' if no else 'c' }}|{{ ('a' if no) is defined }}
{{ s[0] }}|{{ s[-1] }}|{{ s[99] }}|{{ l[0] }}|{{ l[-1] }}|{{ l[9] is defined }}|{{ d['b'] }}|{{ d.b }}|{{ d.zz is defined }}|{{ d['items'] }}
{{ s[1:4] }}|{{ s[:-3] }}|{{ s[::-1] }}|{{ s[::2] }}|{{ l[1:] }}|{{ l[::-1] }}|{{ l[5:] }}|{{ messages[1:][0].role }}|{{ 'Grüße'[2:4] }}|{{ (1,2,3)[:2] }}|{{ l[-2:] }}|{{ l[2:0:-1] }}
{{ o.x.y[0].z }}|{{ o['x']['y'][0]['z'] }}|{{ o.x.y.0.z }}
{{ messages[0]['content'] | trim }}|{{ messages[0].content.strip() }}|{{ 'xxaxx' | trim('x') }}|{{ '\u00a0a\u3000' | trim }}|{{ 'xya'.lstrip('xy') }}|{{ 'axy'.rstrip('yx') }}|{{ ' a '.rstrip() }}|
{{ text.split(',') }}|{{ text.split() }}|{{ 'a  b c'.split(' ') }}|{{ 'a b c'.split(None, 1) }}|{{ 'a,b,c'.split(',', 1) }}|{{ 'a,b,c'.rsplit(',', 1) }}|{{ ' a b '.rsplit(None, 1) }}|{{ ''.split() }}|{{ ''.split(',') }}|{{ 'a</think>b'.split('</think>')[-1] }}
{{ lines.splitlines() }}|{{ lines.splitlines(true) }}|{{ 'a\x0bb\u2028c'.splitlines() }}
{{ s.startswith('Hell') }}|{{ s.endswith('x') }}|{{ s.startswith(('x', 'H')) }}|{{ s.endswith('World') }}|{{ s.startswith('ello', 1) }}|{{ ''.startswith('') }}
{{ s.upper() }}|{{ s.lower() }}|{{ s.title() }}|{{ 'hELLO wORLD'.capitalize() }}|{{ "they're bill's".title() }}|{{ 'ÉÀ'.lower() }}|{{ 'éà'.upper() }}
{{ s.replace('l', 'L') }}|{{ s.replace('l', '', 1) }}|{{ 'abc'.replace('', '-') }}|{{ s | replace('o', '0') }}|{{ s | replace('o', '0', 1) }}|{{ 'aaa'.replace('aa', 'b') }}
{{ s.find('o') }}|{{ s.rfind('o') }}|{{ s.find('zz') }}|{{ 'üüx'.find('x') }}|{{ s.count('l') }}|{{ 'aaa'.count('aa') }}|{{ 'ab'.count('') }}
{{ ','.join(w) }}|{{ w | join(', ') }}|{{ l | join('-') }}|{{ [] | join }}|{{ messages | join('/', attribute='role') }}|{{ 'abc' | join('.') }}
{{ '12'.isdigit() }}|{{ ''.isdigit() }}|{{ ' \t'.isspace() }}|{{ 'a'.isspace() }}|{{ 'abc'.removeprefix('a') }}|{{ 'abc'.removesuffix('c') }}|{{ 'a=b=c'.partition('=') }}|{{ 'a=b=c'.rpartition('=') }}|{{ 'a'.partition('=') }}
{{ d.items() | list }}|{{ d.keys() | list }}|{{ d.values() | list }}|{{ d.items() }}|{{ d.keys() }}|{{ d.get('b') }}|{{ d.get('q') }}|{{ d.get('q', 3) }}|{{ d.items() | length }}|{{ d.copy() }}
{{ d | items | list }}|{{ nothing | items | list }}|{{ d | dictsort }}|{{ {'b': 1, 'a': 2, 'C': 0} | dictsort }}|{{ {'b': 1, 'a': 2, 'C': 0} | dictsort(true) }}|{{ {'b': 1, 'a': 2} | dictsort(by='value', reverse=true) }}
{{ l.count(1) }}|{{ l.index(2) }}|{{ l.copy() }}|{{ (1, 1).count(1) }}
{{ l | length }}|{{ 'Grüße😀' | length }}|{{ d | count }}|{{ nothing | length }}|{{ range(3) | length }}
{{ l | first }}|{{ l | last }}|{{ 'abc' | first }}|{{ 'abc' | last }}|{{ empty | first is defined }}|{{ d | first }}
{{ l | sort }}|{{ w | sort }}|{{ w | sort(case_sensitive=true) }}|{{ l | sort(reverse=true) }}|{{ [{'a': 2}, {'a': 1}] | sort(attribute='a') }}|{{ [[2, 'x'], [1, 'y']] | sort }}
{{ l | reverse | list }}|{{ 'abç' | reverse }}|{{ l | max }}|{{ l | min }}|{{ w | max }}|{{ l | sum }}|{{ [1, 2.5] | sum }}|{{ [{'a': 2}] | sum(attribute='a') }}|{{ [] | max is defined }}
{{ [1, 1.0, true, 'a', 'A', 2] | unique | list }}|{{ ['a', 'A'] | unique(case_sensitive=true) | list }}
{{ messages | map(attribute='role') | list }}|{{ l | map('string') | join('+') }}|{{ messages | map(attribute='nope', default='-') | list }}|{{ ['a', 'b'] | map('upper') | list }}|{{ ['x-x'] | map('replace', 'x', 'y') | list }}
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list }}|{{ messages | rejectattr('role', 'eq', 'user') | list | length }}|{{ messages | selectattr('content') | list | length }}|{{ messages | selectattr('tool', 'defined') | list }}
{{ l | select('odd') | list }}|{{ l | reject('gt', 1) | list }}|{{ [0, 1, ''] | select | list }}|{{ none | select('odd') | list }}{{ none | map('upper') | list }}|{{ messages | selectattr('role', 'in', ['system', 'tool']) | list | length }}
{{ nothing | default('x') }}|{{ '' | default('x') }}|{{ '' | default('x', true) }}|{{ none | d('x') }}|{{ none | default('x', boolean=true) }}|{{ d.zz | default([]) }}|{{ nothing | d }}
{{ 'foo bar-baz (qux)' | title }}|{{ s | upper }}|{{ s | lower }}|{{ 'fOO bar' | capitalize }}|{{ 5 | string + 'x' }}|{{ none | string }}|{{ true | upper }}
{{ '42' | int }}|{{ '4x' | int }}|{{ '4x' | int(7) }}|{{ 7.9 | int }}|{{ -7.9 | int }}|{{ 'ff' | int(0, 16) }}|{{ '1.5' | float }}|{{ 'x' | float }}|{{ '3.9' | int }}|{{ none | int }}|{{ true | int }}|{{ 3 | float }}|{{ ' 12 ' | int }}
{{ 2.5 | round }}|{{ 3.5 | round }}|{{ 2.567 | round(2) }}|{{ 3 | round }}|{{ 2.1 | round(0, 'ceil') }}|{{ 2.9 | round(method='floor') }}|{{ -3 | abs }}|{{ -3.5 | abs }}|{{ 2.675 | round(2) }}
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}|{{ 'a\nb' | indent('> ') }}|{{ 'a\n' | indent(2) }}
{{ '%s is %d%%' | format('x', 5) }}|{{ '%s' % 'a' }}|{{ '%s-%s' % (1, none) }}|{{ '%r' % 'a' }}
{{ d | tojson }}|{{ tools | tojson }}|{{ tools[0] | tojson(indent=4) }}|{{ s | tojson }}|{{ none | tojson }}|{{ [1.0, 1e16, 1e-5, true] | tojson }}|{{ "</script>'&" | tojson }}|{{ '\u2028\x7f\x1f\b\f' | tojson }}
{{ tools | tojson(separators=(',', ':')) }}|{{ {'b': 1, 'a': [2]} | tojson(indent=2, separators=(',', ': ')) }}|{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}|{{ 'é😀' | tojson(ensure_ascii=true) }}|{{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }}|{{ [] | tojson(indent=2) }}{{ {} | tojson(indent=2) }}|{{ (1, 2) | tojson }}|{{ [[]] | tojson(indent='\t') }}
{{ s is string }}|{{ n is string }}|{{ d is mapping }}|{{ l is mapping }}|{{ l is sequence }}|{{ d is sequence }}|{{ s is sequence }}|{{ n is sequence }}|{{ s is iterable }}|{{ n is iterable }}|{{ d.items() is sequence }}|{{ nothing is iterable }}
{{ n is number }}|{{ f is number }}|{{ yes is number }}|{{ s is number }}|{{ n is integer }}|{{ yes is integer }}|{{ f is float }}|{{ yes is boolean }}|{{ n is boolean }}|{{ yes is true }}|{{ no is false }}|{{ 1 is true }}
{{ none is none }}|{{ nothing is none }}|{{ nothing is defined }}|{{ nothing is undefined }}|{{ none is defined }}|{{ d.c is none }}|{{ s is not none }}|{{ n is odd }}|{{ n is even }}|{{ n is divisibleby 5 }}|{{ n is divisibleby(2) }}
{{ n is eq 5 }}|{{ n is equalto(4) }}|{{ n is ne 5 }}|{{ n is gt 4 }}|{{ n is lt 4 }}|{{ n is ge 5 }}|{{ n is le 5 }}|{{ n is in [5] }}|{{ s is in 'x' }}|{{ 'ab' is lower }}|{{ 'AB' is upper }}|{{ '1' is lower }}|{{ none is sameas none }}|{{ true is sameas 1 }}
{{ raise_exception is callable }}|{{ s is callable }}|{{ strftime_now is defined }}|{{ range is defined }}|{{ 'tojson' is filter }}|{{ 'nofilter' is filter }}|{{ 'odd' is test }}
{{ x is defined and x }}|{{ not x is defined }}|{{ not messages[0].role == 'user' }}|{{ x is not defined or x.y }}|{{ 'a' is string and 'b' is string }}|{{ x is defined == false }}
{{ range(3) | list }}|{{ range(1, 7, 3) | list }}|{{ range(3, 0, -1) | list }}|{{ range(2) }}|{{ range(0, 4, 2) }}|{{ 2 in range(3) }}|{{ range(5)[2] }}
{{ dict(a=1, b='x') }}|{{ dict({'a': 1}, b=2) }}|{{ dict([('k', 'v')]) }}|{{ dict(**{'q': 1}) }}|{{ {'a': {'b': [1, {'c': 2}]}}.a.b[1].c }}
{{ strftime_now('%d %b %Y') }}|{{ strftime_now('%Y-%m-%d %H:%M:%S') }}|{{ strftime_now('%B %A') }}
{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ m.role }};{% endfor %}
{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined }}<{{ m.role }}>{{ loop.nextitem.role if loop.nextitem is defined }}{% if not loop.last %},{% endif %}{% endfor %}
{% for m in messages if m.role == 'user' %}{{ loop.index }}/{{ loop.length }}{{ m.content }}{{ loop.last }}{% else %}none{% endfor %}
{% for m in messages if m.role == 'tool' %}{{ m }}{% else %}none{% endfor %}|{% for x in empty %}{% else %}E{% endfor %}|{% for x in nothing %}{% else %}E{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in 'aé😀' %}{{ c }}.{% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}|{% for i in l %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% else %}E{% endfor %}
{% for i in l %}{% for k in w %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }};{% endfor %}
{% for i in l %}{% macro m() %}{{ i }}{{ x }}{% endmacro %}{% set x = i * 2 %}{{ m() }}{% for k in w %}{{ m() }}{% set x = k %}{% endfor %}{% endfor %}
{% for i in l %}{{ x is defined }}{% set x = i %}{% set y %}{{ x }}{% for k in w %}{{ z is defined }}{% set z = k %}{{ z }}{% endfor %}{% endset %}{{ y }}{% endfor %}
{% for i in [1, 2, 3, 4] %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i // 2) }}{% endfor %}
{% set x = 1 %}{% for i in l %}{{ x }}{% set x = i %}{% endfor %}{{ x }}|{% if true %}{% set y = 2 %}{% endif %}{{ y }}
{% set ns = namespace(found=false, n=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.n = ns.n + 1 %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.n }}{{ ns.found }}{{ ns }}
{% set ns = namespace(d=false) %}{% for i in [1, 2, 3] if not ns.d %}{% set ns.d = i == 2 %}{{ i }}{% endfor %}
{% set a, b = 1, 'x' %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t }}{% set (p, q) = [3, 4] %}{{ p }}{{ q }}
{% set x %}  a{{ n }}b{% endset %}[{{ x }}]{% set x | trim | upper %}  a{{ n }}b{% endset %}[{{ x }}]
{% macro f(a, b='z', c=a) %}{{ a }}{{ b }}{{ c }}|{% endmacro %}{{ f(1) }}{{ f(1, 2) }}{{ f(1, c=3) }}{{ f(b=4, a=5) }}{{ f() }}
{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }}{{ f(*[1, 2], **{'y': 4}) }}
{% macro show(o, depth=0) %}{% if o is mapping %}{% for k, v in o.items() %}{{ ' ' * depth }}{{ k }}:{{ show(v, depth + 1) }}{% endfor %}{% else %}{{ o }};{% endif %}{% endmacro %}{{ show({'a': {'b': 1, 'c': {'d': 2}}}) }}
{% macro g() %}{{ later }}{{ n }}{% endmacro %}{% set later = 'L' %}{{ g() }}{% for later in [1] %}{{ g() }}{% endfor %}
{% macro f(a) %}<{{ caller() }}{{ a }}>{% endmacro %}{% call f(1) %}x{{ n }}{% endcall %}|{% macro g() %}{{ caller('p', 'q') }}{% endmacro %}{% call(u, v) g() %}{{ v }}{{ u }}{% endcall %}
{% macro f() %}  x  {% endmacro %}{{ f() | trim }}{{ f().strip() + '!' }}{{ f() is string }}{{ f.name }}
{% filter upper | replace('A', '_') %}abc{{ s }}{% endfilter %}|{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 2 %}{% endwith %}{{ a }}{{ c }}
{% generation %}{% set q = 4 %}a{{ q }}{% endgeneration %}{{ q }}|{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% endif %}{% endfor %}
{% if messages | selectattr('role', 'equalto', 'nobody') %}T{% else %}F{% endif %}|{% if messages | selectattr('role', 'equalto', 'nobody') | list %}T{% else %}F{% endif %}
{{ ('<' | safe) ~ '>' }}{{ '<b>' | safe }}{{ ('a' | safe) | length }}{{ ('a' | safe) + '<&>' + n | string + "'" }}{{ '"' + ('<i>' | safe) }}
{% if no %}a{% elif none %}b{% elif n %}c{% else %}d{% endif %}{% if no %}a{% elif no %}b{% else %}d{% endif %}
{{ messages[-1]['content'] == '' }}{{ messages[-1].role != 'assistant' }}{{ messages[0]['role'] == 'system' and messages|length > 1 }}{{ (messages | last).role }}
{%- set x = 'it''s' -%}{{ x }}{{ "a\"b" }}{{ 'a\x41\u00e9\101\q\U0001F600' }}
{{ [1, [2, 3],] }}{{ {'a': 1,} }}{{ () }}{{ (1) }}{{ [] }}{{ {} }}{{ {'a': {'b': {}}} }}
{{ s.foo is defined }}{{ n.foo is defined }}{{ none.foo is defined }}{{ d.__class__ is defined }}{{ d.update is defined }}{{ l.append is defined }}{{ s.upper is defined }}{{ s['upper']() }}
{{ '{{' }}{{ "%}" }}{{ '}}' ~ "{%" }}{% set z = {'a': {'b': 1}} %}{{ z.a.b}}{{{'a':{}}}}
{{- bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}
{{ true and 'x' in s or false }}{{ 1 if 2 > 1 and not false else 0 }}{{ (n > 3) ~ (n < 3) }}{{ n - 1 - 1 }}{{ 2 ** 3 ** 2 }}{{ 100 / 10 / 2 }}{{ n % 3 * 2 }}
'''.strip('\n').split('\n')

# white space and line ends, which a line of the list above cannot hold
LAYOUT = [
    "  {% if yes %}\n  {{ n }}\n  {% endif %}\nz\n", "a\r\nb\n{% if yes -%}\n  x {%- endif +%}\n y\n\n", "{# c #}\n  {# d #}  \nx{# e -#}  \n y",
    "{% raw %}{{ x }}{% endraw %}\n!", "  {%- raw -%}  {{ x }} {% y %} {%- endraw -%}  z", "a\n\t{%+ if yes %}b{% endif %}\n", "x {% if yes %}y{% endif %}\n  \n  {%- if yes %} w{% endif %}",
    "{{- ' x ' -}}  \n y", "a  {{- n -}}  b", "{% for i in l %}\n  {{ i }}\n{% endfor %}\n", "{% for i in l -%}\n  {{ i }}\n{%- endfor %}\n", "{% set x = 1 %}\n\n{% set y = 2 %}\n\ny",
    "\n\n{% if yes %}\n\n{% endif %}\n\n", "", "\n", "no tags\n", "a\rb\rc", "  {{ n }}  \n  {{ f }}", "{% if yes %}  \n{% endif %}", "{%- macro f() %}\n  a\n{% endmacro -%}\n\n{{ f() }}",
    "{% set x %}\n\n  text\n{% endset %}\n[{{ x }}]", "{# a {% b %} {{ c }} #}d", "{{\n  'a'\n  +\n  'b'\n}}", "{%\n if yes\n%}\nx\n{%\n endif\n%}", "a\u00a0\n\u00a0{%- if yes %}b{% endif %}",
    "line{% if yes %}\n\n  two{% endif %}\nthree{# x #}\n\nfour", "{% if yes %}a{% else %}\nb\n{% endif %}\nc", "{{ messages[0].content }}\n{{ messages[3].content }}\n",
    "\u2028{% if yes %}x{% endif %}", "{%- for m in messages %}\n    {%- if m.role == 'user' %}\n        {{- '<u>' + m.content }}\n    {%- else %}\n        {{- m.role }}\n    {%- endif %}\n{%- endfor %}\n",
]

# refused by both: what ours says holds the text
BOTH = {
    "{{ raise_exception('Roles must alternate') }}": "Roles must alternate", "{{ raise_exception(s[4]) }}": "t:1: o\", \"status", "a\n{{ nothing.x }}": "t:2: 'nothing' is undefined", "{{ 'a' + nothing }}": "'nothing' is undefined",
    "{{ d.zz.y }}": "'dict object' has no attribute 'zz'", "{{ 'a' + none }}": 'can only concatenate str (not \\"NoneType\\") to str', "{{ 1 + 'a' }}": "unsupported operand",
    "{{ l.append(1) }}": "access to attribute 'append' of 'list' object is unsafe", "{{ none < 1 }}": "'<' not supported", "{{ 5 | length }}": "has no len()",
    "{% for i in none %}{% endfor %}": "'NoneType' object is not iterable", "{{ 1 // 0 }}": "division by zero", "{{ 1 % 0 }}": "modulo by zero", "{{ nothing() }}": "'nothing' is undefined",
    "{{ s() }}": "'str' object is not callable", "{{ {[]: 1} }}": "unhashable type: 'list'", "{% set d.x = 1 %}": "non-namespace", "{% set a, b = [1] %}": "expected 2 values to unpack, got 1",
    "{% if yes %}": "no endif", "{{ 1 }": "was not opened", "{{ 1": "has no end", "{% for x in l %}": "no endfor", "{{ 'a }}": "a string has no end", "{{ (1 }}": "a bracket is closed", "{% nosuch %}": "unexpected tag nosuch",
    "{{ }}": "unexpected }}", "{% endif %}": "unexpected tag endif", "{{ 1 | nosuch }}": "the filter nosuch is not known", "{{ 1 is nosuch }}": "the test nosuch is not known",
    "{{ l | map('nosuch') | list }}": "the filter nosuch is not known", "{{ nothing | tojson }}": "not JSON serializable", "{{ ''.split('') }}": "empty separator", "{% break %}": "break outside of a loop",
    "{{ range(1000000) }}": "Range too big", "{{ namespace(_a=1) }}": "underscore", "{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}": "takes not more than 1", "{{ l[::0] }}": "slice step cannot be zero",
    "{{ 'a' in 5 }}": "is not iterable", "{{ 5 in 'a' }}": "requires string as left operand", "{% macro f(a=1, b) %}{% endmacro %}": "follows one with a default", "{{ f(a=1, 2) }}": "invalid arguments",
    "{{ l | sort | first | nosuch }}": "the filter nosuch is not known", "{{ ['a', 1] | sort }}": "not supported between", "{% set true = 1 %}": "cannot be assigned", "{# a": "has no end", "{% raw %}x": "has no end",
    "{{ 5 is string is string }}": "two tests", "{{ -s }}": "bad operand type for unary -", "{{ [1].pop() }}": "unsafe", "{{ s | int | first }}": "'int' object is not iterable", "{{ a b }}": "expected }}, got b",
}

# Jinja's own that is not known here
HERE = {
    "{% include 'x' %}": "the tag include is not known", "{% import 'x' as y %}": "the tag import is not known", "{% block a %}{% endblock %}": "the tag block is not known",
    "\n\n{{ s | wordcount }}": "t:3: the filter wordcount is not known", "{{ '{}'.format(1) }}": "the attribute format of a str is not known", "{{ cycler(1, 2) }}": "cycler is not known",
    "{% for x in l recursive %}{% endfor %}": "recursive loops are not known", "{{ ('a' | safe) | upper }}": "the filter upper of a |safe text", "{{ 'ß' | upper }}": "the other case of U+00DF", "{{ 10 ** 20 }}": "beyond 64 bits",
    "{{ l | groupby('x') }}": "the filter groupby is not known", "{{ 'a' | escape }}": "the filter escape is not known", "{{ '%5s' % 'a' }}": "a format other than", "{{ n.real }}": "the attribute real of a int",
    "{% autoescape true %}{% endautoescape %}": "the tag autoescape is not known", "{{ 'abc'.find('c', 1) }}": "from a place on",
    # bounds
    "{% for i in range(100000) %}{% for k in range(1000) %}{% if k and i %}{% endif %}{% endfor %}{% endfor %}": " steps",
    "{% set ns = namespace(s='ab') %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}": "t:1: more than ",
    "{{ 'ab' * 1000000000000 }}": " bytes of memory",
    "{% set ns = namespace(x=[]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}": "more than 1000 levels deep",
    "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}": "more than 1000 levels deep",
    "{{ " + "(" * 200 + "1" + ")" * 200 + " }}": "brackets nest too deep",
    "{{ " + "not " * 200 + "1 }}": "nested more than 150 levels deep",
    "{% if yes %}" * 200 + "{% endif %}" * 200: "nested more than 150 levels deep",
}


def out(template, **more):
    print(json.dumps({"template": template, **more}, ensure_ascii=False))


def main():
    print(json.dumps(V, ensure_ascii=False))        # the first line: the variables of all
    for template in TEMPLATES + LAYOUT:
        try:
            text = chat_template_utils._compile_jinja_template(template).render(**json.loads(json.dumps(V)))
        except Exception as e:
            raise SystemExit(f"{template!r}: {e}")
        out(template, text=text)
    for template, why in BOTH.items():
        try:
            text = chat_template_utils._compile_jinja_template(template).render(**json.loads(json.dumps(V)))
        except Exception:
            out(template, refused=why)
        else:
            raise SystemExit(f"{template!r} gives {text!r}")
    for template, why in HERE.items():
        out(template, refused=why)


main()
