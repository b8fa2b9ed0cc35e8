# loss of training and of what was left out, over steps
set terminal svg size 720,400 font "sans-serif,13" background "#ffffff"
set output run."/curve.svg"
set grid lc rgb "#dddddd"
set xlabel "step"
set ylabel "nats a token"
plot run."/curve.txt" index 0 with lines lw 1 title "read", \
     run."/curve.txt" index 1 with linespoints lw 2 pt 7 ps 0.5 title "left out"
