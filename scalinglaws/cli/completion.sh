# Prints what the last argument may become, one candidate per line; "/files" stands for the names of files.
# POSIX sh without a command of its own, so that no TAB starts a program. The lists are filled in by scalinglaws.
IFS=' 	
'
verb= option= table= place=0
while [ $# -gt 1 ]; do
  word=$1
  shift
  if [ -z "$verb" ]; then
    case $word in -*) ;; *) verb=$word ;; esac
    continue
  fi
  if [ -n "$option" ]; then
    option=
    continue
  fi
  case $word in
    -*=*) ;;
    -*) case " @FLAGS@ " in *" $word "*) ;; *) option=$word ;; esac ;;
    *)
      place=$((place + 1))
      if [ -z "$table" ] && [ -f "$word" ]; then table=$word; fi
      ;;
  esac
done
cur=$1 lead= kind=
case $cur in
  --*=*) option=${cur%%=*} lead=${cur%%=*}= cur=${cur#*=} ;;
esac

show() { # candidates, and what follows each
  for one in $1; do
    case $one in "$cur"*) printf '%s%s%s\n' "$lead" "$one" "$2" ;; esac
  done
}

several() { # candidates of a list with commas
  case $cur in
    *,*) lead=$lead${cur%,*}, cur=${cur##*,} ;;
  esac
  show "$1" ""
}

columns() { # the names in the first line of the table on the command line
  [ -n "$table" ] || return 0
  IFS= read -r first < "$table" || [ -n "$first" ] || return 0
  case $first in
    *[!a-zA-Z0-9_./:,\;\"\ \	@%+-]*) return 0 ;; # no line of plain names
  esac
  old=$IFS IFS=',;	"'
  set -f
  for one in $first; do
    case $one in "" | *" "*) ;; *) printf '%s ' "$one" ;; esac
  done
  set +f
  IFS=$old
}

@KINDS@

if [ -z "$verb" ]; then
  show "@VERBS@ --help --version" ""
  exit 0
fi
if [ -n "$option" ]; then
  kind=$(of_option "$option")
else
  case $cur in
    -*)
      show "$(options) --help" ""
      exit 0
      ;;
  esac
  kind=$(of_place "$place")
fi
case $kind in
  law) show "@LAWS@" "" ;;
  laws) several "@LAWS@" ;;
  law-or-file) several "@LAWS@"; echo /files ;;
  study) show "@PRESETS@" ""; echo /files ;;
  column) show "$(columns)" "" ;;
  columns) several "$(columns)" ;;
  quantity=column)
    case $cur in
      *=*) lead=$lead${cur%%=*}= cur=${cur#*=}; show "$(columns)" "" ;;
      *) show "@QUANTITIES@" "=" ;;
    esac
    ;;
  quantity=) case $cur in *=*) ;; *) show "@QUANTITIES@" "=" ;; esac ;;
  setting=) case $cur in *=*) ;; *) show "@SETTINGS@" "=" ;; esac ;;
  quantity) show "@QUANTITIES@" "" ;;
  words:*) several "${kind#words:}" ;;
  "") ;;
  *) echo /files ;;
esac
