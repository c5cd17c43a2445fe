a;b
a&&b||c
a|b|c
(a)&(b)&&c
a>b;c<d
a>&2;b 2>&-
{ a;}>b
a&b&
if a;then b;fi
