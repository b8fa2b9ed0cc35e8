#!/bin/sh
# fg-vocab's byte-level BPE against the trainer of the `tokenizers` package (PYTHON, default
# python3): the same merges in the same order, and the same ids, of 4,096 tokens on whole
# novels (the example world's sentences where there are none).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
python=${PYTHON:-python3}
"$python" -c 'import tokenizers' 2>/dev/null || skip_all "no tokenizers package"

novels=$src/../shared/data/text/novels
if [ ! -d "$novels" ]; then
	novels=.
	"$BUILD/examples/world/world" corpus --n 3000 >corpus.txt
fi
cat >train.py <<'E'
import glob
import json
import sys
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
texts = [open(p, encoding="utf-8", newline="").read() for p in sorted(glob.glob(sys.argv[1] + "/*.txt"))]
t.train_from_iterator(texts, trainers.BpeTrainer(
    vocab_size=4096, min_frequency=2, show_progress=False, special_tokens=["<|endoftext|>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
t.save("peer.json")


def model(path):
    m = json.load(open(path, encoding="utf-8"))["model"]
    return [" ".join(x) if isinstance(x, list) else x for x in m["merges"]], m["vocab"]


def show(name, merges, vocab):
    with open(name + ".merges", "w", encoding="utf-8") as f:
        f.write("\n".join(merges) + "\n")
    with open(name + ".vocab", "w", encoding="utf-8") as f:
        json.dump(vocab, f, sort_keys=True, indent=0)


show("peer", *model("peer.json"))
show("own", *model("own.json"))
Tokenizer.from_file("own.json").encode("a")
E
fg-vocab -q --model bpe --size 4096 --text -o own.json "$novels"/*.txt
ok "both train, and the package reads what fg-vocab wrote" env TOKENIZERS_PARALLELISM=false "$python" train.py "$novels"
same "merges in order" own.merges peer.merges
same "ids" own.vocab peer.vocab
done_testing
