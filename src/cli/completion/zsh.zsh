#compdef PRODUCT
# Completion of PRODUCT for zsh. Load it behind compinit with: eval "$(PRODUCT completion zsh)"
# or save it as _PRODUCT in a folder of fpath.

_PRODUCT() {
  local line word
  local -a described
  for line in "${(@f)$(${words[1]} completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files | :folders)
        compset -P '-*='
        if [[ $line == :files ]]; then _files; else _files -/; fi
        ;;
      *)
        word=${line%%$'\t'*}
        described+=("${word//:/\\:}:${line#*$'\t'}")
        ;;
    esac
  done
  (( $#described == 0 )) || _describe PRODUCT described
}

if [[ ${funcstack[1]} == _PRODUCT ]]; then
  _PRODUCT "$@"
else
  compdef _PRODUCT PRODUCT
fi
