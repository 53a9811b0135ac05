namespace Bff.Commands;

/// <summary><c>bff completion bash</c>: the shell asks the program itself, so there is no list to keep.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        # eval "$(bff completion bash)"     zsh: autoload -Uz bashcompinit && bashcompinit, then the same
        _bff() {
            local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}" line="${COMP_LINE#* }"
            COMPREPLY=($(compgen -W "$(bff "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _bff bff
        """;

    public static int Run()
    {
        Console.WriteLine(Bash);
        return ExitCodes.Ok;
    }
}
