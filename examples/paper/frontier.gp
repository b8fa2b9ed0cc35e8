# The win rate of each arm's runs against the root of the KL from the reference.
set terminal svg size 760,420 font "sans-serif,13" background "#ffffff"
set output "frontier.svg"
set xlabel "square root of the KL from the reference"
set ylabel "win rate against the reference, %"
set key outside right autotitle columnhead
set grid lc rgb "#dddddd"
set yrange [0:90]
set xrange [0:4]
stats "frontier.txt" using 2 nooutput
plot for [i=0:STATS_blocks-1] "frontier.txt" index i using (sqrt($1)):2 with linespoints lw 1.5 pt 7 ps 0.5
