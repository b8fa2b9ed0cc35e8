# Win rate of the best of sixteen answers against the number of annotations.
set terminal svg size 760,420 font "sans-serif,13" background "#ffffff"
set output "annotations.svg"
set xlabel "annotations"
set ylabel "win rate of the best of 16, %"
set logscale x 2
set key bottom right autotitle columnhead
set grid lc rgb "#dddddd"
plot for [i=0:2] "annotations.txt" index i using 1:2:3 with yerrorlines lw 2 pt 7 ps 0.6
