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

# of 'EXPRESSION' [ARGUMENT]: what is wanted of `graph-mgr list --json`, given as `list`.
of() { gm list --json 2>/dev/null | node -e '
  let text = ""; process.stdin.on("data", chunk => (text += chunk)).on("end", () => {
    const value = new Function("list", "argument", `return ${process.argv[1]}`)(JSON.parse(text), process.argv[2]);
    if (value !== undefined && value !== null) console.log([value].flat().join("\n"));
  });' "$@"; }
has() { [ -n "$(of 'list.instances.find(({ name }) => name === argument)?.name' "$1")" ]; }
url() { echo "http://localhost:$(of 'list.instances.find(({ name }) => name === argument).ports.filter(({ container, host }) => container === 80 && host)[0].host' "$1")"; }

clean() {
  [ -d "$home/.graph-mgr" ] || { echo "There is no demo in $home."; exit 0; }
  local names name
  # An operation that was cut off would keep everything else from being changed.
  gm undo --yes >/dev/null 2>&1 || true
  names=$(of 'list.instances.map(({ name }) => name)')
  for name in $names; do show stop "$name" --yes; done
  # What is current cannot be removed, and here everything goes.
  rm -f "$home/current"
  for name in $names; do show remove "$name" --volumes --confirm "$name" --yes; done
  [ -z "$(of 'list.instances.map(({ name }) => name)')" ] || { echo "$home is kept, because instances are left in it (see above)." >&2; exit 1; }
  rm -rf "$home"
  cat <<END

The demo is gone: $home, its containers and its volumes.
What it may have left, for the next time, and how it goes away:
  the sample bundles         rm -r $samples
  their two base images      docker rmi gm/base:pg15 gm/base:pg17
  npm packages and program   rm -r $root/node_modules $root/dist
END
}

announce() {
  heading "The demo"
  echo "This uses, and installs where it is missing:"
  echo "  npm packages            in $root/node_modules"
  docker info >/dev/null 2>&1 && echo "  a Docker Engine         $(docker version -f '{{.Server.Version}}') answers already and is used as it is" ||
    echo "  a Docker Engine         none answers: Docker and Compose are installed from packages (Debian and Ubuntu, needs root) and started"
  [ -f "$samples/graphistry-$release.tar.gz" ] && echo "  a sample release        in $samples" ||
    echo "  a sample release        made in $samples (about 110 MB; a minute or two; without public images to pull, with the Debian package mmdebstrap)"
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
  trap '[ $? = 0 ] || printf "\nThe demo stopped here, for the reason above. Run it again to go on, or remove it: npm run demo -- --clean\n" >&2' EXIT
  announce
  heading "Packages and program"
  bash scripts/dependencies.sh
  npm run --silent build
  heading "Docker Engine"
  bash scripts/engine.sh
  heading "Sample release"
  local bundle
  bundle=$(bash scripts/samples.sh "graphistry-$release")
  echo "$bundle"

  mkdir -p "$home"
  # What an earlier run of the demo did not finish is finished now; where there is nothing, this changes nothing.
  gm resume --yes >/dev/null 2>&1 || true
  if has "$release"; then
    heading "$release is installed already; it is launched if it is not running"
    show launch "$release" --yes
  else
    heading "Install $release"
    show install "$bundle" --yes
  fi
  heading "An account and a dataset in it"
  fill "$(url "$release")"

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
  compare "$(url "$release")" "$(url "$copy")"
  cat <<END

Where to look
  $(url "$release")    $release
  $(url "$copy")    $copy, a separate system: what you do there stays there
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
