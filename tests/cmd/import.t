#!/bin/sh
# fg-import: every layout on small own input, the rejects, and the counts of real sets.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
shared=$src/../shared/data
pcr() { jq -c '[.prompt, .chosen, .rejected]'; }

cat >hh <<'X'
{"chosen":"\n\nHuman: hi\n\nAssistant: a","rejected":"\n\nHuman: hi\n\nAssistant: b","k":[1,  2]}
{"chosen":"\n\nHuman: hi\n\nAssistant: a","rejected":"\n\nHuman: ho\n\nAssistant: b"}
{"chosen":"\n\nHuman: hi\n\nAssistant: ","rejected":"\n\nHuman: hi\n\nAssistant: b"}
{"chosen":"\n\nHuman: hi
X
is 'hh: the prompt ends at the last turn' "$(head -n 1 hh | fg-import --from hh | pcr)" \
	'["\n\nHuman: hi\n\nAssistant:"," a"," b"]'
is 'hh: other fields are kept as they are' \
	"$(head -n 1 hh | fg-import --from hh | grep -o '"k":\[1,  2\]')" '"k":[1,  2]'
is 'hh: chatml' "$(head -n 1 hh | fg-import --from hh --template chatml | pcr)" \
	'["<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n","a","b"]'
fg-import -q --from hh --bad bad hh >out
is 'rejects do not stop a run with --bad' "$? $(wc -l <out | tr -d ' ') $(wc -l <bad | tr -d ' ')" '0 1 3'
fg-import --from hh hh >out 2>err
is 'without it they do' "$? $(wc -l <out | tr -d ' ') $(cut -d: -f1-3 err)" '1 1 fg-import: hh:2'
is 'trl: texts' "$(echo '{"prompt":"p","chosen":"c","rejected":"r"}' | fg-import --from trl | pcr)" \
	'["p","c","r"]'
m='[{"role":"user","content":"q"},{"role":"assistant","content":"X"}]'
is 'trl: messages, prompt inside' \
	"$(echo "{\"chosen\":$m,\"rejected\":$m}" | sed 's/X/Y/' |
	fg-import --from trl --template llama2 | pcr)" '["[INST] q [/INST]"," Y"," X"]'
is 'alpacafarm: an array' "$(printf '[\n {"instruction":"i","input":"",\n "output_1":"a","output_2":"b","preference":2}\n]\n' |
	fg-import --from alpacafarm --template zephyr | pcr)" '["<|user|>\ni</s>\n<|assistant|>\n","b","a"]'
is 'alpaca: an input' "$(echo '{"instruction":"i","input":"j","output":"o"}' |
	fg-import --from alpaca --template plain | jq -c '[.prompt, .response]')" '["i\n\nj\n","o"]'
is 'qa-feedback' "$(echo '{"question":"q","prediction 1":"bad","feedback":{"errors":[{"start":0}],"corrected-prediction":"good"}}' |
	fg-import --from qa-feedback | jq -c '[.prompt, .chosen, .rejected, .feedback.errors[0].start]')" \
	'["q\n","good","bad",0]'
is 'pairs: quoted cells, one record a rewrite' "$(printf 'toxic\tneutral1\tneutral2\n"a ""b""\nc"\tx\ty\nd\tz\t\n' |
	fg-import --from pairs | pcr)" '["","x","a \"b\"\nc"]
["","y","a \"b\"\nc"]
["","z","d"]'
is 'pairs: columns by name' "$(printf 'q,w,g\n1,2,3\n' |
	fg-import --from pairs --rejected w --chosen g --prompt q | pcr)" '["1\n","3","2"]'
is 'pairs: two rows a pair' "$(printf 'k,l,t\n1,n,A\n2,p,C\n1,p,B\n2,n,D\n' |
	fg-import --from pairs --by k --label l --chosen-is p --text t | pcr)" '["","B","A"]
["","C","D"]'
printf 'batch_id,Sentiment,Text\n1,Positive,a\n' | fg-import --from pairs 2>err >out
is 'pairs: a row alone' "$? $(sed 's/.*batch_id/batch_id/' err)" '1 batch_id: 1: no partner'
printf 'toxic,neutral1\na\n' | fg-import --from pairs 2>err >out
is 'pairs: a short row' "$? $(cat err)" '1 fg-import: stdin:2: expected 2 fields, got 1'
printf 'a,b\n1,2\n' | fg-import --from pairs 2>err >out
is 'pairs: an unknown header is a usage error' "$?" 2

u='{"source":"s","instruction":"q","completions":[{"response":"a","overall_score":5},{"response":"b","overall_score":8.5},{"response":"c","overall_score":2},{"response":"d"}]}'
is 'ultrafeedback: best and worst' "$(echo "$u" | fg-import --from ultrafeedback --template plain |
	jq -c '[.prompt, .chosen, .rejected, .score_chosen, .score_rejected, .source, .completions]')" '["q\n","b","c",8.5,2,"s",null]'
echo "$u" | sed 's/:8.5/:5/; s/:2}/:5}/' | fg-import --from ultrafeedback 2>err >out
is 'ultrafeedback: a tie' "$? $(cat out err)" '0 fg-import: 1 without a pair'
echo "$u" | sed 's/:8.5/:"N"/; s/:2}/:null}/' | fg-import --from ultrafeedback 2>err >out
is 'ultrafeedback: one score' "$? $(sed 's/.*completions: //' err)" \
	'1 expected two with a response and an overall_score, got 1'
is 'ultrafeedback: a score beyond all numbers does not count' "$(echo "$u" | sed 's/:2}/:-1e999}/' | fg-import --from ultrafeedback --template plain |
	jq -c '[.chosen, .rejected]')" '["b","a"]'
b='"prompt":"p","chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}]'
is 'trl: the prompt as a text beside messages' "$(echo "{$b}" | fg-import --from trl --template plain | pcr)" '["p\n","c","r"]'

cat >recipe <<'X'
fg-import:
  template: own
  begin: "<s>"
  user-before: "<u>"
  user-after: "</u>\n"
  assistant-before: "<a>"
  assistant-after: "</a>\n"
  open: "<a>"
  reply: " "
  input-before: " : "
X
printf '%s\n' '{"chosen":"\n\nHuman: q\n\nAssistant: x\n\nHuman: r\n\nAssistant: c","rejected":"\n\nHuman: q\n\nAssistant: x\n\nHuman: r\n\nAssistant: d"}' |
	fg-import -c recipe --from hh | pcr >out
is 'a template from a recipe' "$(cat out)" '["<s><u>q</u>\n<a>x</a>\n<u>r</u>\n<a>"," c"," d"]'
is 'its input' "$(echo '{"instruction":"i","input":"j","output":"o"}' |
	fg-import -c recipe --from alpaca | jq -c '[.prompt, .response]')" '["<s><u>i : j</u>\n<a>"," o"]'
fg-import --template nothing --from hh 2>err
is 'a template that is not there' "$? $(head -1 err)" '2 fg-import: --template: nothing is not a name that is known, a file or a folder'

fg-import hh 2>err
is 'a layout is needed' "$? $(head -1 err)" '2 fg-import: --from is needed'

cat >gec <<'X'
S This are a sentence .
A 1 2|||R:VERB:SVA|||is|||REQUIRED|||-NONE-|||0
A 4 4|||M:ADV|||too||also|||REQUIRED|||-NONE-|||0
A -1 -1|||noop|||-NONE-|||REQUIRED|||-NONE-|||1
A 3 5|||U:X|||-NONE-|||REQUIRED|||-NONE-|||2
A 0 1|||R:X|||That|||REQUIRED|||-NONE-|||2

S Good .
A -1 -1|||noop|||-NONE-|||REQUIRED|||-NONE-|||0

S A b c
A 0 2|||R|||x|||REQUIRED|||-NONE-|||0
A 1 2|||R|||y|||REQUIRED|||-NONE-|||0

S A b
A 1 3|||R|||x|||REQUIRED|||-NONE-|||0

A 1 3|||R|||x|||REQUIRED|||-NONE-|||0

S Alone

S A b
A 0 1|x
X
: >bad
is 'm2: a record an annotator' "$(fg-import --from m2 --bad bad gec 2>/dev/null | jq -c '[.rejected, .chosen, .annotator]')" \
	'["This are a sentence .","This is a sentence too .",0]
["This are a sentence .","That are a",2]'
is 'm2: rejects' "$(sed 's/.*"error":"//; s/"}$//' bad)" 'gec:11: text: annotator 0: edits at token 1 overlap
gec:15: text: line 2: [1,3) is outside of 2 tokens
gec:18: text: expected S and a sentence
gec:22: text: line 2: expected six parts with ||| between them'
awk 'BEGIN { print "S a"; for (i = 0; i < 1001; i++) print "A 0 1|||R|||b|||REQUIRED|||-NONE-|||" i }' | fg-import --from m2 2>err >out
is 'm2: annotators' "$? $(cat err)" '1 fg-import: stdin:1: text: more than 1000 annotators'
printf 'S a \377\n' | fg-import --from m2 2>err >out
is 'm2: bytes that are not text' "$? $(cat err)" '1 fg-import: stdin:1: invalid UTF-8'

counts() { # description, wanted records and rejects, layout, files
	d=$1 want=$2 from=$3
	shift 3
	: >bad
	is "$d" "$(fg-import -q --from "$from" --bad bad "$@" | wc -l | tr -d ' ') $(wc -l <bad | tr -d ' ')" "$want"
}
p=$shared/pairs
if [ -d "$p" ]; then
	gzip -dc "$p/hh-rlhf/harmless-base-test.jsonl.gz" >hh.jsonl
	counts 'hh-rlhf' '2303 9' hh hh.jsonl
	counts 'qa-feedback' '303 8' qa-feedback "$p/qa-feedback/feedback.json"
	counts 'cad train' '1707 0' pairs "$p/cad-imdb/train_paired.tsv"
	counts 'cad dev' '245 0' pairs "$p/cad-imdb/dev_paired.tsv"
else
	skip 'real sets' 'no shared data'
fi
# one fault costs its line
ok='{"prompt":"a","chosen":"b","rejected":"c"}'
broken='{"prompt":"a,"chosen":"b","rejected":"c"}'
count() { fg-import -q --bad bad "$@" >out 2>err; echo "$? $(wc -l <out) $(wc -l <bad)" | tr -s ' '; }
is 'a quote without an end' "$(printf 'toxic\tneutral1\n"he said\tc\ngood\tfine\n\nlast\trow\n\n' | count --from pairs)" '0 2 1'
is 'is the line that was' "$(jq -r .line bad)" '"he said	c'
is 'an array, a broken object a line' "$(printf '[%s,\n%s,\n%s,\n%s]\n' "$ok" "$broken" "$ok" "$ok" | count --from trl)" '0 3 1'
is 'one that cannot be followed' "$(printf '[%s,%s,%s]\n' "$ok" "$broken" "$ok" | count --from trl)" '1 1 1'
is 'says so' "$(cat err)" 'fg-import: stdin:2: the array has no end'
is 'a first line without its end' "$(printf '%s\n%s\n%s\n' "${ok%?}" "$ok" "$ok" | count --from trl)" '0 2 1'
is 'a first line of garbage' "$(printf 'garbage\n%s\n' "$ok" | count --from trl)" '0 1 1'
is 'the place in several lines' "$(printf '[{"prompt":"a","chosen":"b","rejected":"c"},\n{\n "prompt":"a",\n "chosen":5,"rejected":"c"}]\n' |
	fg-import --from trl 2>&1 >out)" 'fg-import: stdin:4:11: chosen: expected a string'
is 'standard input by its name' "$(echo "$ok" | fg-import --from trl - | wc -l | tr -d ' ')" 1
printf 'a,b\nx,y\n' >table
exits 2 'a column that is not there' fg-import --from pairs --rejected a --chosen b --chosen cc table
exits 1 'a column that is there twice' sh -c 'printf "a,a\nx,y\n" | fg-import --from pairs --rejected a --chosen a'
exits 2 'columns of no table' fg-import --from trl --by a table
is 'a template takes white space off' "$(printf 'a,b\n x , y\n' | fg-import --from pairs --rejected a --chosen b --template llama2 | pcr)" '[""," y"," x"]'
exits 1 'a NUL in a key' sh -c 'echo "{\"prompt\":\"p\",\"chosen\":\"c\",\"rejected\":\"r\",\"k\\u0000\":1}" | fg-import --from trl'
is 'no partner has its line' "$(printf 'batch_id\tSentiment\tText\n1\tPositive\ta\n' | fg-import --from pairs 2>&1)" 'fg-import: stdin:2: batch_id: 1: no partner'

# ---- chats ----
cat >chats <<'X'
{"messages":[{"role":"system","content":"S"},{"role":"user","content":" Hi "},{"role":"assistant","content":" Hello\n"}],"k":1}
{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}
{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"human","value":"c"},{"from":"gpt","value":"d"}],"system":"S"}
{"prompt":[{"role":"user","content":"p"}],"completion":[{"role":"assistant","content":"c"}],"label":false}
{"prompt":"p","completion":"c","label":true}
{"question":"q","response_j":"good","response_k":"bad"}
{"prompt":[{"role":"user","content":"p"}]}
{"prompt":"p"}
{"conversations":[{"from":"human","value":"a"}],"chosen":{"from":"gpt","value":"x"},"rejected":{"from":"gpt","value":"y"}}
{"prompt":[{"role":"user","content":"p"}],"chosen":"x","rejected":"y"}
X
all() { jq -c '[.prompt, .response, .chosen, .rejected, .label, .k]'; }
is 'trl: chats of every kind' "$(fg-import --from trl --template plain chats | all)" '["S\n Hi \n","Hello",null,null,null,1]
["a\nb\nc\n",null,null,null,null,null]
["S\na\nb\nc\n","d",null,null,null,null]
["p\n","c",null,null,false,null]
["p\n","c",null,null,true,null]
["q\n",null,"good","bad",null,null]
["p\n",null,null,null,null,null]
["p\n",null,null,null,null,null]
["a\n",null,"x","y",null,null]
["p\n",null,"x","y",null,null]'
is 'the layouts go by other names too' "$(fg-import --from sharegpt --template plain chats | cksum) $(fg-import --from messages --template plain chats | cksum)" \
	"$(fg-import --from trl --template plain chats | cksum) $(fg-import --from trl --template plain chats | cksum)"
is 'texts that are not chats stay without a template' "$(printf '%s\n' '{"prompt":"p","completion":" c"}' '{"question":"q","response_j":"g","response_k":"b"}' |
	fg-import --from trl | all)" '["p"," c",null,null,null,null]
["q",null,"g","b",null,null]'

cat >badchats <<'X'
{"messages":[{"role":"user"}]}
{"messages":[{"content":"a"}]}
{"messages":[]}
{"messages":[{"role":"assistant","content":"a"}]}
{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":""}]}
{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"}]}
{"messages":[{"role":"user","content":"a"}],"tools":[{}]}
{"messages":[{"role":"user","content":"a"}],"tools":3}
{"conversations":[{"from":"human"}]}
{"conversations":[{"from":"function_call","value":"{}"}]}
{"prompt":[{"role":"user","content":"p"}],"completion":[{"role":"assistant","content":"c"},{"role":"user","content":"d"}]}
{"text":"t"}
X
: >bad
fg-import -q --from trl --bad bad badchats >out
is 'chats that cannot be used' "$(wc -c <out | tr -d ' ') $(sed 's/.*"error":"//; s/"}$//' bad)" '0 badchats:1:13: messages: the template chatml takes texts, and a turn of user has none
badchats:2:13: messages: message 1: expected a role
badchats:3:13: messages: expected messages
badchats:4:13: messages: an answer, and no turn before it
badchats:5:13: messages: no answer
badchats:6:13: messages: the template chatml has system, user and assistant, but not tool
badchats:7:13: messages: the template chatml takes no tools
badchats:8:53: tools: expected an array, or the JSON of one in a text
badchats:9:18: conversations: message 1: expected a value
badchats:10:18: conversations: message 1: function_call: write it as tool_calls of a message
badchats:11:56: completion: expected one message after the prompt
badchats:12: messages: missing, and so are prompt, conversations, chosen and rejected'

# ---- a model's own template ----
mkdir model
cat >model/chat_template.jinja <<'X'
{{- bos_token }}
{%- if tools %}[T]{{ tools | tojson }}[/T]{% endif %}
{%- for m in messages %}
    {%- if m.role not in ['system', 'user', 'assistant', 'tool'] %}{{ raise_exception('no role ' + m.role) }}{% endif %}
    {%- if m.tool_calls %}{{ m.tool_calls | tojson }}{% endif %}
    {{- '<' + m.role + '>' + m.content | default('', true) | trim + eos_token + '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}<assistant>{% endif %}
X
echo '{"bos_token":{"content":"<s>"},"eos_token":"</s>","chat_template":"not this one"}' >model/tokenizer_config.json
is 'a folder with a Jinja template' "$(head -n 3 chats | fg-import --from trl --template model | all)" '["<s><system>S</s>\n<user>Hi</s>\n<assistant>","Hello",null,null,null,1]
["<s><user>a</s>\n<assistant>b</s>\n<user>c</s>\n<assistant>",null,null,null,null,null]
["<s><system>S</s>\n<user>a</s>\n<assistant>b</s>\n<user>c</s>\n<assistant>","d",null,null,null,null]'
is 'a file of it' "$(head -n 1 chats | fg-import --from trl --template model/chat_template.jinja | all)" '["<s><system>S</s>\n<user>Hi</s>\n<assistant>","Hello",null,null,null,1]'
is 'tools, calls and their results' "$(echo '{"messages":[{"role":"user","content":"w?"},{"role":"assistant","content":null,"tool_calls":[{"f":"é"}]},{"role":"tool","content":"9"},{"role":"assistant","content":"nine"}],"tools":"[{\"n\": 1.0}]"}' |
	fg-import --from trl --template model | all)" '["<s>[T][{\"n\": 1.0}][/T]<user>w?</s>\n[{\"f\": \"é\"}]<assistant></s>\n<tool>9</s>\n<assistant>","nine",null,null,null,null]'
is 'an answer that calls a tool' "$(echo '{"messages":[{"role":"user","content":"w?"},{"role":"assistant","content":null,"tool_calls":[{"f":1}]}]}' |
	fg-import --from trl --template model 2>&1)" 'fg-import: stdin:1:13: messages: the template does not make the prompt the beginning of the finished dialogue'
is 'hh by a model'"'"'s template' "$(head -n 1 hh | fg-import --from hh --template model | pcr)" '["<s><user>hi</s>\n<assistant>","a","b"]'
is 'alpaca by a model'"'"'s template' "$(echo '{"instruction":"i","input":"j","output":"o"}' | fg-import --from alpaca --template model | all)" \
	'["<s><user>i\n\nj</s>\n<assistant>","o",null,null,null,null]'
is 'a template refuses' "$(echo '{"messages":[{"role":"nobody","content":"x"}]}' | fg-import --from trl --template model 2>&1)" \
	'fg-import: stdin:1:13: messages: model/chat_template.jinja:4: no role nobody'
exits 2 'pairs without a prompt' fg-import --from pairs --template model
is 'says so' "$(head -n 1 err)" "fg-import: --from pairs has no prompt for a model's template: name its column with --prompt"
is 'pairs with one' "$(printf 'p,a,b\nq, x ,y\n' | fg-import --from pairs --prompt p --rejected a --chosen b --template model | pcr)" '["<s><user>q</s>\n<assistant>","y","x"]'

echo '{"chat_template":[{"name":"default","template":"D{{ messages[0].content }}"},{"name":"tool_use","template":"T{{ tools }}"}]}' >model/other.json
is 'a list of named templates' "$(printf '%s\n' '{"prompt":[{"role":"user","content":"p"}]}' '{"prompt":[{"role":"user","content":"p"}],"tools":[1]}' |
	fg-import --from trl --template model/other.json | jq -c .prompt)" '"Dp"
"T[1]"'
echo '{{ messages[0].content | wordcount }}' >unknown.jinja
exits 2 'a filter that is not known' fg-import --from trl --template unknown.jinja chats
is 'is named with its line' "$(cat err)" 'fg-import: unknown.jinja:1: the filter wordcount is not known'
printf '\n{%% if x %%}\n' >open.jinja
exits 1 'a template without its end' fg-import --from trl --template open.jinja chats
is 'the line where it begins' "$(cat err)" 'fg-import: open.jinja:2: no endif for what begins here'
mkdir empty
exits 1 'a folder without a template' fg-import --from trl --template empty chats
is 'says what it looked for' "$(cat err)" 'fg-import: empty: no chat_template in tokenizer_config.json, and no chat_template.jinja'

echo "{{ strftime_now('%d %b %Y') }}{{ messages[0].content }}" >date.jinja
is 'a template with the date' "$(head -n 2 chats | tail -n 1 | fg-import --from trl --template date.jinja --date 2024-02-29 | jq -r .prompt)" '29 Feb 2024a'
head -n 2 chats | tail -n 1 | fg-import --from trl --template date.jinja 2>err >out
is 'the date of today is said' "$(cat err)" 'fg-import: the template writes the date of today: --date makes it the same tomorrow'
exits 2 'no date' fg-import --from trl --template date.jinja --date today chats
is 'variables of a record' "$(echo '{"messages":[{"role":"user","content":"a"}],"chat_template_kwargs":{"bos_token":"B"}}' | fg-import --from trl --template model | jq -c .prompt)" \
	'"B<user>a</s>\n<assistant>"'
is 'but not those that are made' "$(echo '{"messages":[{"role":"user","content":"a"}],"chat_template_kwargs":{"messages":[]}}' | fg-import --from trl --template model 2>&1)" \
	'fg-import: stdin:1:13: messages: variables of the template: messages is not one of them'

# a tokenizer that puts BOS before a prompt, and fg-tokenize's EOS after an answer
mkdir tok
cat >tok/tokenizer.json <<'X'
{"added_tokens":[{"id":10,"content":"<s>","special":true,"normalized":false},{"id":11,"content":"</s>","special":true,"normalized":false},
{"id":12,"content":"<u>","special":true,"normalized":false},{"id":13,"content":"<a>","special":true,"normalized":false}],
"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},"decoder":{"type":"ByteLevel"},
"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},
{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[10],"tokens":["<s>"]}}},
"model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"Ċ":3},"merges":[]}}
X
cat >tok/tokenizer_config.json <<'X'
{"bos_token":"<s>","eos_token":"</s>","chat_template":"{{ bos_token }}{% for m in messages %}{{ '<u>' if m.role == 'user' else '<a>' }}{{ m.content }}{{ eos_token if m.role != 'user' }}{{ '\\n' }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"}
X
printf '%s\n' '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"a"},{"role":"assistant","content":"c"}]}' \
	'{"messages":[{"role":"user","content":"ab"}]}' >talks
fg-import --from trl --template tok talks >records
is 'BOS of the tokenizer and EOS of fg-tokenize are not in the text' "$(jq -c '[.prompt, .response]' records)" '["<u>a\n<a>b</s>\n<u>a\n<a>","c"]
["<u>ab\n<a>",null]'
head -n 1 records | fg-tokenize -q -t tok --special >ids
is 'ids as the model has them' "$(jq -c '[.prompt_ids, .response_ids]' ids)" '[[10,12,0,3,13,1,11,3,12,0,3,13],[2,11]]'
is 'and fg-check takes them' "$(fg-check -q -t tok ids; echo $?)" 0
is 'a template beside another file has the folder of its own' "$(cp tok/tokenizer_config.json alone.json && fg-import --from trl --template alone.json talks | head -n 1 | jq -c '[.prompt, .response]')" \
	'["<u>a\n<a>b\n<u>a\n<a>","c\n"]'

# ---- named templates ----
is 'llama3 trims, as its model does' "$(printf '%s\n' '{"messages":[{"role":"user","content":" a "}]}' | fg-import --from trl --template llama3 | jq -c .prompt)" \
	'"<|start_header_id|>user<|end_header_id|>\n\na<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"'
fg-import --from trl --template llama3 --print-config >recipe3
is 'the parts of a named template are a beginning' "$(fg-import -c recipe3 chats | cksum)" "$(fg-import --from trl --template llama3 chats | cksum)"
fg-import --from alpaca --template alpaca --print-config >recipe4
a='{"instruction":"i","input":"j","output":"o"}'
is 'with an input too' "$(echo "$a" | fg-import -c recipe4 | cksum)" "$(echo "$a" | fg-import --from alpaca --template alpaca | cksum)"
fg-import --from trl --template chatml --compare model chats 2>err >out
is 'a named template that the model does not have' "$(cat err)" 'fg-import: --template chatml is not what model has: they differ in a dialogue without a system turn'
cat >chatml.jinja <<'X'
{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
X
echo '{"eos_token":"<|im_end|>"}' >tokenizer_config.json
fg-import --from trl --template chatml --compare chatml.jinja chats 2>err >out
is 'white space of an answer' "$(cat err)" 'fg-import: --template chatml is not what chatml.jinja has: they differ in white space around a text'
exits 2 'nothing to compare' fg-import --from trl --compare model chats

# ---- what a file is ----
ok='{"prompt":"a","chosen":"b","rejected":"c"}'
want=$(echo "$ok" | fg-import --from trl)
for z in gzip zstd; do
	command -v $z >/dev/null || { skip "$z" "no $z"; continue; }
	is "$z is read" "$(echo "$ok" | $z -qc | fg-import --from trl)" "$want"
	is "$z of records" "$(echo "$want" | $z -qc | fg-split -q --part train --train 1)" "$want"
	is "$z of a table" "$(printf 'toxic,neutral1\na,b\n' | $z -qc | fg-import --from pairs | pcr)" '["","b","a"]'
	is "$z in two pieces" "$({ echo "$ok" | $z -qc; echo "$ok" | $z -qc; } | fg-import --from trl)" "$(echo "$want" && echo "$want")"
	fg-import -q --from trl chats chats chats >many
	fg-import -q --from trl chats | $z -qc >one.z
	is "$z among other files" "$(fg-split -q --part train --train 1 one.z one.z one.z | cksum)" "$(fg-split -q --part train --train 1 many | cksum)"
	echo "$ok" | $z -qc | head -c 30 | fg-import --from trl 2>err >out
	is "$z that was cut" "$? $(cat out err)" "1 fg-import: stdin: its $z data ends too early"
done
printf '\037\213garbage beyond repair' | fg-import --from trl 2>err >out
is 'gzip in name alone' "$? $(cat err)" '1 fg-import: stdin: its gzip data is broken'
printf '\377\376{\000' | fg-import --from trl 2>err >out
is 'UTF-16' "$? $(cat err)" "1 fg-import: stdin: UTF-16; 'iconv -f UTF-16 -t UTF-8' converts it"
printf 'PAR1\000\000' | fg-split --part train 2>err >out
is 'Parquet' "$? $(cat err)" '1 fg-split: stdin: a Parquet file'
printf '\357\273\277%s\n' "$ok" >bommed
is 'a byte order mark' "$(fg-import --from trl bommed)" "$want"
is 'of records' "$(printf '\357\273\277%s\n' "$want" | fg-split -q --part train --train 1)" "$want"
printf 'toxic,neutral1\ra,b\r' | fg-import --from pairs 2>err >out
is 'lines that end with CR alone' "$? $(cat err)" "1 fg-import: stdin:1:1: the lines end with CR alone: tr '\\r' '\\n' makes lines of them"
is 'CR LF' "$(printf 'toxic,neutral1\r\na,b\r\n' | fg-import --from pairs | pcr)" '["","b","a"]'
printf 'a,b\n' | fg-import --from pairs 2>err >out
is 'a header alone is looked at' "$? $(cut -c1-40 err)" '2 fg-import: the header is not known: name'
is 'but not of a table of fields' "$(printf 'prompt,response\np,r\n' | fg-import --from csv | jq -c '[.prompt, .response]')" '["p","r"]'
printf 'prompt,response\n' | fg-import --from csv 2>err >out
is 'which has no rows' "$? $(cat err)" '0 fg-import: no rows'
printf 'toxic,neutral1\n' | fg-import --from pairs 2>err >out
is 'and has no rows' "$? $(cat err)" '0 fg-import: no rows'
: | fg-import --from trl 2>err >out
is 'nothing at all' "$? $(cat err)" '0 fg-import: the input is empty'
echo '[{"a":1}]' | fg-split --part train 2>err >out
is 'an array is not a record' "$? $(cat err)" "1 fg-split: stdin:1:1: a JSON array: jq -c '.[]' makes a record a line of it"
printf '{\n "a": 1\n}\n' | fg-split --part train 2>err >out
is 'an object of several lines neither' "$? $(cat err)" '1 fg-split: stdin:1:2: expected a key; an object of several lines becomes one by jq -c .'
printf 'a,b\n1,2\n' | fg-split --part train 2>err >out
is 'nor a table' "$? $(cat err)" '1 fg-split: stdin:1:1: expected a record: {...}; a table becomes records by fg-import --from pairs'
done_testing
