/** What a shell reads once; it asks `graph-mgr __complete` at each key. */
export const COMPLETION_SCRIPTS = {
  bash: `# Completion of graph-mgr for bash: source <(graph-mgr completion bash)
_graph_mgr() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <("\${1/#\\~/$HOME}" __complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -F _graph_mgr graph-mgr
`,
  zsh: `#compdef graph-mgr
# Completion of graph-mgr for zsh: source <(graph-mgr completion zsh), or as the file _graph-mgr in a folder of $fpath
_graph_mgr() {
  local line value
  local -a values abouts folders
  while IFS= read -r line; do
    value="\${line%%$'\\t'*}"
    if [[ "$value" == */ ]]; then
      folders+=("$value")
    else
      values+=("$value")
      abouts+=("$value\${\${line#*$'\\t'}:+  -- \${line#*$'\\t'}}")
    fi
  done < <("\${(Q)words[1]/#\\~/$HOME}" __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  (( \${#values} )) && compadd -l -d abouts -a values
  (( \${#folders} )) && compadd -S '' -a folders
  (( \${#values} + \${#folders} ))
}
if [[ "$funcstack[1]" == _graph-mgr ]]; then
  _graph_mgr "$@"
else
  compdef _graph_mgr graph-mgr
fi
`,
  fish: `# Completion of graph-mgr for fish: graph-mgr completion fish | source
function __graph_mgr_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l typed (commandline -ct)
    eval (string escape -- (string replace -r '^~' $HOME -- $program)) __complete fish (string escape -- $words) (string escape -- "$typed") 2>/dev/null
end
complete -c graph-mgr -f -a '(__graph_mgr_complete)'
`,
} as const;
