# Win rate against the number of annotations: of the best of sixteen answers, an arm a colour, and of
# policies, dashed.
set terminal svg size 760,420 font "sans-serif,13" background "#ffffff"
set output "annotations.svg"
set xlabel "annotations"
set ylabel "win rate against the reference, %"
set logscale x 2
set key bottom right autotitle columnhead
set grid lc rgb "#dddddd"
stats "annotations.txt" using 2 nooutput
colours = "#1b9e77 #7570b3 #d95f02"
plot for [i=0:2] "annotations.txt" index i using 1:2:3 with yerrorlines lw 2 pt 7 ps 0.6 lc rgb word(colours, 1 + i), \
    for [i=3:STATS_blocks-2] "annotations.txt" index i using 1:2:3 with yerrorlines lw 1 dt 2 pt 6 ps 0.6 lc rgb word(colours, 1 + i % 3)
