# Completes hsm's command lines in PowerShell.
Register-ArgumentCompleter -Native -CommandName hsm -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $start = $commandAst.Extent.StartOffset
    $line = $commandAst.Extent.Text
    if ($cursorPosition -gt $commandAst.Extent.EndOffset) {
        $line += ' '
    } elseif ($cursorPosition -gt $start) {
        $line = $line.Substring(0, $cursorPosition - $start)
    }
    $env:HSM_COMPLETE_LINE = $line
    try {
        $answer = @(& hsm complete powershell 2>$null)
    } finally {
        Remove-Item Env:HSM_COMPLETE_LINE
    }
    # nothing here lets PowerShell complete names of files
    if ($answer.Count -gt 1 -and $answer[0] -eq 'names') {
        $answer | Select-Object -Skip 1 | ForEach-Object {
            $value, $about = $_ -split "`t", 2
            if (-not $about) { $about = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
        }
    }
}
