# Completes hsm's command lines in elvish.
use str
set edit:completion:arg-completer[hsm] = {|@words|
    var answer = [(e:hsm complete elvish -- $@words 2>/dev/null </dev/null)]
    if (> (count $answer) 0) {
        if (eq $answer[0] names) {
            for line $answer[1..] {
                var parts = [(str:split "\t" $line)]
                edit:complex-candidate $parts[0] &code-suffix=' ' &display=(str:join '  ' $parts)
            }
        } else {
            edit:complete-filename $@words
        }
    }
}
