# Completes hsm's command lines in bash.
_hsm() {
    local answer line kind=
    COMPREPLY=()
    answer=$(HSM_COMPLETE_LINE=${COMP_LINE:0:COMP_POINT} HSM_COMPLETE_WORD=$2 \
        command hsm complete bash 2>/dev/null </dev/null) || return 0
    while IFS= read -r line; do
        if [[ -z $kind ]]; then
            kind=$line
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done <<<"$answer"
    case $kind in
        # bash 3 has no compopt, and then no names of files
        files) compopt -o default 2>/dev/null ;;
        directories) compopt -o dirnames 2>/dev/null ;;
    esac
    return 0
}
complete -F _hsm hsm
