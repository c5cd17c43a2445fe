echo if then else fi do done case esac while until for in { } function time
if=1 then=2
for in in in; do echo "$in"; done
for do in a; do echo "$do"; done
case in in in) echo in;; esac
if if true; then false; fi; then :; else echo done; fi
time { sleep 1; }
foo() { echo } ; }
