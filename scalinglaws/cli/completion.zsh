#compdef scalinglaws
_scalinglaws() {
  local one
  local -a found plain open
  found=("${(@f)$(_scalinglaws_candidates "${(@)words[2,CURRENT-1]}" "$PREFIX")}")
  for one in $found; do
    case $one in
      /files) _files ;;
      *=) open+=("$one") ;;
      ?*) plain+=("$one") ;;
    esac
  done
  (( $#plain )) && compadd -- $plain
  (( $#open )) && compadd -S '' -- $open
}
_scalinglaws_candidates() (
emulate -R sh
@CORE@
)
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _scalinglaws "$@"; else compdef _scalinglaws scalinglaws; fi
