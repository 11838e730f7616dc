using Microsoft.Extensions.Logging;

namespace HybridGen.Logging;

/// <summary>What an engine logs; the ids stay. Texts of prompts and answers are in the two events of level Trace alone.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(1, LogLevel.Information, "Loaded '{Path}' in {Seconds:F2} s.")]
    public static partial void Loaded(this ILogger log, string path, double seconds);

    [LoggerMessage(2, LogLevel.Error, "Could not load '{Path}'.")]
    public static partial void LoadFailed(this ILogger log, Exception failure, string path);

    [LoggerMessage(3, LogLevel.Debug, "Generated with {Model}: {PromptTokens} + {DraftTokens} tokens, drafted in {DraftSeconds:F2} s; {Edits} edits, revised in {ReviseSeconds:F2} s.")]
    public static partial void Generated(this ILogger log, string model, int promptTokens, int draftTokens, double draftSeconds, int edits, double reviseSeconds);

    [LoggerMessage(4, LogLevel.Debug, "Revised {Words} words: {Edits} edits, {Forwards} forwards, {Seconds:F2} s; {Ending}.")]
    public static partial void Revised(this ILogger log, int words, int edits, int forwards, double seconds, string ending);

    [LoggerMessage(5, LogLevel.Error, "The operation {Operation} failed.")]
    public static partial void Failed(this ILogger log, Exception failure, string operation);

    [LoggerMessage(6, LogLevel.Warning, "The operation {Operation} was refused: {Waiting} requests wait.")]
    public static partial void Refused(this ILogger log, string operation, int waiting);

    [LoggerMessage(7, LogLevel.Warning, "The operation {Operation} was not finished within {Timeout} and was ended.")]
    public static partial void TimedOut(this ILogger log, string operation, TimeSpan timeout);

    [LoggerMessage(8, LogLevel.Debug, "The operation {Operation} was cancelled.")]
    public static partial void Cancelled(this ILogger log, string operation);

    [LoggerMessage(9, LogLevel.Trace, "Asked: {Prompt}")]
    public static partial void Asked(this ILogger log, string prompt);

    [LoggerMessage(10, LogLevel.Trace, "Answered: {Text}")]
    public static partial void Answered(this ILogger log, string text);

    /// <summary>Logs how an operation ended that did not succeed.</summary>
    /// <returns>Always <see langword="false"/>: as an exception filter it lets every exception pass.</returns>
    public static bool Ended(this ILogger log, string operation, Exception failure)
    {
        switch (failure)
        {
            case Queueing.EngineBusyException busy: log.Refused(operation, busy.Waiting); break;
            case Queueing.EngineTimeoutException late: log.TimedOut(operation, late.Timeout); break;
            case OperationCanceledException: log.Cancelled(operation); break;
            default: log.Failed(failure, operation); break;
        }

        return false;
    }
}
