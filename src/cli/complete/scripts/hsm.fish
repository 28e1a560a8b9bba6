# Completes hsm's command lines in fish.
function __hsm_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (command hsm complete fish -- $words "$current" 2>/dev/null </dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path "$current"
        case directories
            __fish_complete_directories "$current"
        case names
            if test (count $answer) -gt 1
                printf '%s\n' $answer[2..-1]
            end
    end
end
complete --command hsm --no-files --arguments '(__hsm_complete)'
