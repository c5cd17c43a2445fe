if a; then b; else c; fi; while d; do e; break; done; for f in g; do h; done
{ a; b; }; (c; d); { e & }; (f &)
a && { b || c; } && (d) ; ! e
a; b & c
[ a ] && b || c &
f() { a; }; g() (b); f; g
((1)) && ((0)) || [[ x ]]
if (a) then (b) fi
while (a) do (b) done
