#!/bin/sh
dir=`dirname "$0"`
base=`cd "$dir" && pwd`
version=`cat $base/VERSION | sed 's/^v//'`
count=`expr \`wc -l < list\` + 1`
name=`basename \`pwd\``
echo "built `date` by `whoami`: $version"
[ "`uname`" = Linux ] && exec $base/bin/run-`uname -m` "$@"
