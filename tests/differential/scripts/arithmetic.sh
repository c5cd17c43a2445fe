i=0
while (( i < 10 )); do
  (( i += 2, j = i * (i - 1) ))
  echo $((i << 1)) $(( (i + 1) % 3 )) $[i+1]
done
for (( a = 1, b = 9; a < b; a++, b-- )); do echo "$a $b"; done
for ((;;)); do break; done
n=$(( $(nproc) * 2 + 1 ))
((n > 8)) && n=8
echo "workers: $(( n > ${MAX:-4} ? ${MAX:-4} : n ))"
let x=5 y=x*2
