#!/bin/bash
# Scoring a very large set of records with Hadoop streaming: the mapper is a filter, there
# is no reducer, and the model folder travels with the job.
#
#	hadoop.sh MODEL INPUT OUTPUT
set -euo pipefail
tar -C "$(dirname "$1")" -czf model.tgz "$(basename "$1")"
hadoop jar "$HADOOP_HOME"/share/hadoop/tools/lib/hadoop-streaming-*.jar \
    -D mapreduce.job.reduces=0 \
    -archives model.tgz#model -files "$(command -v fg-score)" \
    -input "$2" -output "$3" \
    -mapper "./fg-score -q -j 1 -m model/$(basename "$1")"
