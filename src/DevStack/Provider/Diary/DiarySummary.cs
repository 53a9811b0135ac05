namespace DevStack.Provider.Diary;

/// <summary>Token requests by how they ended, since the provider started. A reuse counts as reused, whatever the answer was.</summary>
internal sealed record DiarySummary(int Issued, int Refreshed, int Reused, int Rejected)
{
    public DiarySummary Count(string outcome) => outcome switch
    {
        Outcomes.Issued => this with { Issued = Issued + 1 },
        Outcomes.Refreshed => this with { Refreshed = Refreshed + 1 },
        Outcomes.ReusedWithinLeeway or Outcomes.ReusedRejected => this with { Reused = Reused + 1 },
        _ => this with { Rejected = Rejected + 1 },
    };
}
