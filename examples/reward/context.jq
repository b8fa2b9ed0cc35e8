# Answers with what they were written from, as fg-import reads them: SummEdits (a document and summaries of it; trl) and
# qa-feedback (passages and answers).  A backbone cannot read a whole document in few tokens: of its sentences those are
# kept that share most words with what is asked and answered, up to $most characters of them, in their order.
#
#	jq -c --argjson most 1200 -f context.jq FILE...
def words: [ascii_downcase | scan("[a-z0-9]+") | select(length > 3)] | unique;
def sentences: [splits("(?<=[.!?])[ \n]+|\n+") | select(length > 0)];
# a sentence longer than all the room is none
def evidence($query): [to_entries[] | .hits = (.value | words | length - (. - $query | length)) | select(.hits > 0)]
    | sort_by(-.hits)
    | reduce .[] as $s ({left: $most, kept: []}; if ($s.value | length) < .left then .left -= ($s.value | length) + 1 | .kept += [$s] else . end)
    | .kept | sort_by(.key) | map(.value) | join(" ");
def says($role): [{role: $role, content: .}];

# one prompt for all edits of a document, which an edit cannot give away: by the words of all of its summaries
def summaries: group_by(.doc)[] | (map(.summary | words) | add | unique) as $query
    | (.[0].doc | sentences | evidence($query)) as $text | .[] | select(.label == 0)
    | {id: (.id | sub("_[^_]*$"; "")), prompt: ("Summarize this text.\n\n" + $text | says("user")),
       chosen: (.original_summary | says("assistant")), rejected: (.summary | says("assistant"))};
def answers: .[] | ([.question, .["prediction 1"]] | map(words) | add | unique) as $query
    | ([.passages[][1:][] | sentences[]] | evidence($query)) as $text | .question = $text + "\n\nQuestion: " + .question | del(.passages);

if .[0].doc then summaries else answers end
