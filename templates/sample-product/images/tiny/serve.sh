# Serves the volume. The first process of a container gets no default signal handling, so that it would be killed after ten seconds instead of stopping.
[ -s /state/id ] || { cat /proc/sys/kernel/random/uuid > /state/id.new && mv /state/id.new /state/id; }
httpd -f -p 80 -h /state &
trap 'kill $!; exit 0' TERM INT
wait
