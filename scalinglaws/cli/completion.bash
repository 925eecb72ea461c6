_scalinglaws() {
  local IFS=$'\n' one word full= trimmed
  local -a words=() found=()
  for ((one = 1; one <= COMP_CWORD; one++)); do # bash takes = for the end of a word
    word=${COMP_WORDS[one]}
    if [[ ${#words[@]} -gt 0 && ($word == "=" || ${COMP_WORDS[one - 1]} == "=") ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  full=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while read -r one; do found+=("$one"); done < <(_scalinglaws_candidates "${words[@]}")
  case $full in *=*) trimmed=${full%=*}= ;; *) trimmed= ;; esac
  [[ $COMP_WORDBREAKS == *=* ]] || trimmed=
  for one in "${found[@]}"; do
    if [[ $one == /files ]]; then
      while read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "${full#"$trimmed"}")
      compopt -o filenames 2> /dev/null
    else
      COMPREPLY+=("${one#"$trimmed"}")
      if [[ $one == *= ]]; then compopt -o nospace 2> /dev/null; fi
    fi
  done
}
_scalinglaws_candidates() (
@CORE@
)
complete -F _scalinglaws scalinglaws
