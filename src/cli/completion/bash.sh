#!/usr/bin/env bash
# Completion of PRODUCT for bash 3.2 and later. Load it with: eval "$(PRODUCT completion bash)"

_PRODUCT() {
  local index word value prefix glue='' kept=''
  local words=()
  # bash splits at "=" what is one word for PRODUCT.
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if [ "$word" = = ] && [ ${#words[@]} -gt 0 ]; then
      words[${#words[@]} - 1]+='='
      glue=yes
    elif [ -n "$glue" ]; then
      words[${#words[@]} - 1]+=$word
      glue=''
    else
      words+=("$word")
    fi
  done
  word=${words[${#words[@]} - 1]}
  # Of such a word bash replaces only what is behind its "=".
  case $COMP_WORDBREAKS in
    *=*) case $word in -*=*) kept=${word%%=*}= ;; esac ;;
  esac
  prefix=$word
  case $word in -*=*) prefix=${word#*=} ;; esac
  COMPREPLY=()
  while IFS= read -r value; do
    case $value in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        index=-f
        [ "$value" = :files ] || index=-d
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen "$index" -- "$prefix")
        ;;
      *)
        value=${value%%$'\t'*}
        case $value in "$word"*) COMPREPLY+=("${value#"$kept"}") ;; esac
        ;;
    esac
  done < <("${COMP_WORDS[0]}" completion words -- "${words[@]}" 2>/dev/null)
}

complete -F _PRODUCT PRODUCT
