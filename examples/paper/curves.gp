# Win rate against the root of the KL from the reference.
set terminal svg size 760,420 font "sans-serif,13" background "#ffffff"
set output "curves.svg"
set xlabel "square root of the KL from the reference"
set ylabel "win rate against the reference, %"
set key outside right autotitle columnhead
set grid lc rgb "#dddddd"
set yrange [0:80]
stats "curves.txt" using 2 nooutput
plot for [i=0:STATS_blocks-1] "curves.txt" index i using (sqrt($1)):2 with linespoints lw 2 pt 7 ps 0.6
