#!/bin/sh
# first
echo a#b # not c
echo '#' "#" \# ${#} $# x#
if true; then # why
  : # nothing
fi # end
case x in # subject
  # before a pattern
  x) ;; # after
esac
{ # open
echo b;# tight
}
#last
