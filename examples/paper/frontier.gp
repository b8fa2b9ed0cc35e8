# The win rate of each arm's runs against the root of the KL from the reference: a colour for
# an arm, a kind of point for a learning rate; grey lines are the best of 2 to 16 answers.
set terminal svg size 760,420 font "sans-serif,13" noenhanced background "#ffffff"
set output "frontier.svg"
set xlabel "square root of the KL from the reference"
set ylabel "win rate against the reference, %"
set key outside right autotitle columnhead
set grid lc rgb "#dddddd"
set yrange [45:80]
set xrange [0:2.2]
stats "frontier.txt" using 2 nooutput
# `runs` curves of policies come first, three rates an arm; then a line for each reward model
colours = "#1b9e77 #7570b3 #d95f02 #666666 #a6761d"
greys = "#bbbbbb #888888 #444444"
plot for [i=0:runs-1] "frontier.txt" index i using (sqrt($1)):2 with linespoints \
    lw 1.5 ps 0.6 lc rgb word(colours, 1 + i / 3) pt 5 + 2 * (i % 3), \
    for [i=runs:STATS_blocks-2] "frontier.txt" index i using (sqrt($1)):2 with lines \
    lw 1.5 dt 2 lc rgb word(greys, 1 + (i - runs) % 3)
