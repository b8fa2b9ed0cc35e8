# reward, KL and length over iterations
set terminal svg size 720,640 font "sans-serif,13" background "#ffffff"
set output run."/curves.svg"
set multiplot layout 3,1
set grid lc rgb "#dddddd"
unset key
set ylabel "reward"
plot run."/curves.txt" using 0:1 with lines lw 2
set ylabel "KL"
plot run."/curves.txt" using 0:2 with lines lw 2
set ylabel "tokens"
set xlabel "iteration"
plot run."/curves.txt" using 0:3 with lines lw 2
unset multiplot
