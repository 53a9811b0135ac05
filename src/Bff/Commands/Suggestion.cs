namespace Bff.Commands;

/// <summary>What a misspelt word was most likely meant to be.</summary>
internal static class Suggestion
{
    private const int MaxDistance = 2;

    /// <returns>Null when nothing is near.</returns>
    public static string? For(string word, IEnumerable<string> known) => known
        .Select(candidate => (Candidate: candidate, Distance: Distance(word, candidate)))
        .Where(one => one.Distance <= MaxDistance && one.Distance < one.Candidate.TrimStart('-').Length)
        .OrderBy(one => one.Distance).Select(one => one.Candidate).FirstOrDefault();

    /// <summary>How many letters have to be put in, taken out or replaced (Levenshtein), whatever their case.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var (corner, left) = (row[0], row[0] = i);
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
                (corner, left) = (row[j], row[j] = Math.Min(Math.Min(row[j], left) + 1, corner + (same ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
