set -o pipefail
tail -n +1 -F /var/log/app/*.log | grep --line-buffered -v DEBUG |& logger -t app &
app 2>&1 | tee -a /var/log/app/out.log
time sort -u list | wc -l
! grep -q broken state || { echo broken; false; }
producer |
  # the next stage is slow
  filter |

  consumer
