#compdef hsm
# Completes hsm's command lines in zsh.
_hsm() {
    local answer line
    local -a lines matches
    answer=$(command hsm complete zsh -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null) || return 1
    lines=("${(@f)answer}")
    case $lines[1] in
        files) _files; return ;;
        directories) _files -/; return ;;
    esac
    for line in "${(@)lines[2,-1]}"; do
        matches+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    (( $#matches )) && _describe -t values 'hsm' matches
}
if [[ $funcstack[1] == _hsm ]]; then
    _hsm "$@"
else
    compdef _hsm hsm
fi
