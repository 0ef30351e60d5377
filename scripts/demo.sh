#!/usr/bin/env bash
# demo.sh: `npm run demo`. The whole story on this machine: a release is installed, gets an account and a dataset, and is copied to a second, separate instance
# beside it. Says what it installs before it does. Run again, it goes on where it stopped, or starts what is there.
#   demo.sh --clean   stops and removes the demo with its data
# The demo lives in $GRAPH_MGR_DEMO_HOME, by default ~/graph-mgr-demo.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
home=${GRAPH_MGR_DEMO_HOME:-$HOME/graph-mgr-demo}
release=v2.22.2
copy=$release-training
samples=${GRAPH_MGR_SAMPLES:-$HOME/.cache/graph-mgr/samples}

heading() { printf '\n== %s\n' "$*"; }
# graph-mgr, on the demo's home: quietly, or shown as an operator would type it.
gm() { node "$root/dist/graph-mgr.js" "$@" --home "$home" </dev/null; }
show() { printf '$ graph-mgr'; printf ' %s' "$@" --home "$home"; printf '\n'; gm "$@"; }

# of COMMAND EXPRESSION [ARGUMENT]: what is wanted of `graph-mgr COMMAND --json`, given as `value`.
of() { gm "$1" --json | node -e '
  let text = ""; process.stdin.on("data", chunk => (text += chunk)).on("end", () => {
    // graph-mgr has said why.
    if (text === "") process.exit(1);
    const [expression, argument] = process.argv.slice(1);
    const wanted = new Function("value", "argument", `return ${expression}`)(JSON.parse(text), argument);
    if (wanted !== undefined && wanted !== null) console.log([wanted].flat().join("\n"));
  });' "${@:2}"; }
names() { of list 'value.instances.map(({ name }) => name)'; }
has() { names | grep -qxF "$1"; }
url() { echo "http://localhost:$(of list 'value.instances.find(({ name }) => name === argument).ports.find(({ container, host }) => container === 80 && host).host' "$1")"; }
unfinished() { of operations 'value.operations.filter(({ outcome }) => outcome === "unfinished").map(({ id }) => id)'; }

clean() {
  [ -e "$home" ] || { echo "There is no demo in $home."; exit 0; }
  is_ours
  [ -f dist/graph-mgr.js ] || { bash scripts/dependencies.sh; bash scripts/build.sh; }
  # Each answer is taken before it is used: where one fails, nothing is removed on its strength.
  local open all name left
  open=$(unfinished)
  # An operation that was cut off would keep everything else from being changed.
  [ -z "$open" ] || show undo --yes
  all=$(names)
  for name in $all; do
    show stop "$name" --yes
    show remove "$name" --volumes --confirm "$name" --current --yes
  done
  left=$(names)
  [ -z "$left" ] || { echo "$home is kept, because instances are left in it: $left" >&2; exit 1; }
  rm -rf "$home"
  cat <<END

The demo is gone: $home, its containers and its volumes.
What it may have left, for the next time, and how it goes away:
  the sample bundles         rm -r $samples
  their two base images      docker rmi gm/base:pg15 gm/base:pg17
  npm packages and program   rm -r $root/node_modules $root/dist
END
}

# The demo removes only a home that it made.
marker=$home/.made-by-demo
is_ours() { [ -f "$marker" ] || { printf '%s is there already, and not as a home of the demo.\nTry: GRAPH_MGR_DEMO_HOME=FOLDER npm run demo\n' "$home" >&2; exit 1; }; }

announce() {
  heading "The demo"
  echo "This uses, and installs where it is missing:"
  echo "  npm packages            in $root/node_modules"
  docker info >/dev/null 2>&1 && echo "  a Docker Engine         $(docker version -f '{{.Server.Version}}') answers already and is used as it is" ||
    echo "  a Docker Engine         none answers: Docker and Compose are installed from packages (Debian and Ubuntu, needs root) and started"
  [ -f "$samples/graphistry-$release.tar.gz" ] && echo "  a sample release        in $samples" ||
    echo "  a sample release        made in $samples (about 90 MB; a minute or two; without public images to pull, with the Debian package mmdebstrap)"
  echo "  the demo itself         in $home"
}

# An account and a dataset, unless an earlier run made them.
fill() { # URL
  node -e '
    const [url] = process.argv.slice(1);
    const post = (path, body) => fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    (async () => {
      const signup = await post("/accounts/signup/", { username: "admin", password: "demo-password" });
      if (signup.status !== 201 && signup.status !== 403) throw new Error(`sign-up answered ${signup.status}`);
      const there = await (await fetch(url + "/api/datasets")).json();
      if (there.length === 0) {
        const made = await post("/api/datasets", { name: "demo graph", graph: [["a", "b"], ["b", "c"]], owner: "admin" });
        if (made.status !== 201) throw new Error(`the dataset was answered with ${made.status}`);
      }
      const login = await post("/api/login", { username: "admin", password: "demo-password" });
      if (login.status !== 200) throw new Error(`login answered ${login.status}`);
      console.log("The account `admin` and the dataset `demo graph` are there.");
    })().catch(error => { console.error(`${url}: ${error.message}`); process.exit(1); });' "$1"
}

# Both answer, each from a database of its own.
compare() { # URL URL
  node -e '
    (async () => {
      const answers = await Promise.all(process.argv.slice(1).map(async url => ({
        url, version: await (await fetch(`${url}/api/version`)).json(), datasets: await (await fetch(`${url}/api/datasets`)).json(),
      })));
      for (const { url, version, datasets } of answers) {
        console.log(`${url}  ${version.version}, database ${version.system_identifier}, datasets: ${datasets.map(({ name }) => name).join(", ")}`);
      }
      if (new Set(answers.map(({ version }) => version.system_identifier)).size !== answers.length) throw new Error("both instances answer from one database");
    })().catch(error => { console.error(error.message); process.exit(1); });' "$@"
}

demo() {
  [ ! -e "$home" ] || is_ours
  trap '[ $? = 0 ] || printf "\nThe demo stopped here, for the reason above. Run it again to go on, or remove it: npm run demo -- --clean\n" >&2' EXIT
  announce
  heading "Packages and program"
  bash scripts/dependencies.sh
  bash scripts/build.sh
  heading "Docker Engine"
  bash scripts/engine.sh
  heading "Sample release"
  local bundle
  bundle=$(bash scripts/samples.sh "graphistry-$release")
  echo "$bundle"

  local open url_of_release url_of_copy
  [ -e "$home" ] || { mkdir -p "$home"; : > "$marker"; }
  open=$(unfinished)
  if [ -n "$open" ]; then
    heading "An earlier run was cut off; it goes on"
    show resume --yes
  fi
  if has "$release"; then
    heading "$release is installed already; it is launched if it is not running"
    show launch "$release" --yes
  else
    heading "Install $release"
    show install "$bundle" --yes
  fi
  heading "An account and a dataset in it"
  url_of_release=$(url "$release")
  fill "$url_of_release"

  if has "$copy"; then
    heading "$copy is there already; it is launched if it is not running"
    show launch "$copy" --yes
  else
    heading "A copy of it for training, with its data, beside it"
    show copy "$release" --name training --data dump --yes
  fi
  heading "Both"
  show list
  echo
  url_of_copy=$(url "$copy")
  compare "$url_of_release" "$url_of_copy"
  cat <<END

Where to look
  $url_of_release    $release
  $url_of_copy    $copy, a separate system: what you do there stays there
  $home        folders, settings and records of both
Try
  node $root/dist/graph-mgr.js status $copy --home $home
To remove the demo and its data
  npm run demo -- --clean
END
}

case ${1:-} in
  "") demo ;;
  --clean) clean ;;
  *) echo "usage: npm run demo [-- --clean]" >&2; exit 2 ;;
esac
