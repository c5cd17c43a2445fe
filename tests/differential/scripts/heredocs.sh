sql <<-SQL
	create table if not exists $TABLE (id int);
	insert into $TABLE values ($(next_id));
	SQL
cat <<ONE; cat <<"TWO" | tr a b
first $HOME
ONE
second $HOME
TWO
config=$(cat <<EOF
{ "name": "${NAME}", "paths": ["$(pwd)/a", "b)"] }
EOF
)
if cat <<X
in a condition
X
then cat <<Y >file
in a branch
Y
fi
send <<< "$config"
