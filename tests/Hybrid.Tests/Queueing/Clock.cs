namespace HybridGen.Hybrid.Tests.Queueing;

/// <summary>A clock that goes when it is told to.</summary>
internal sealed class Clock : TimeProvider
{
    private readonly List<Alarm> _alarms = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(() => callback(state)) { Due = dueTime };
        lock (_alarms) _alarms.Add(alarm);
        return alarm;
    }

    public void Advance(TimeSpan time)
    {
        List<Alarm> due;
        lock (_alarms)
        {
            _alarms.ForEach(alarm => alarm.Due -= time);
            due = _alarms.FindAll(alarm => alarm.Due <= TimeSpan.Zero);
            _alarms.RemoveAll(due.Contains);
        }

        due.ForEach(alarm => alarm.Ring());
    }

    private sealed class Alarm(Action ring) : ITimer
    {
        private bool _isOff;

        public TimeSpan Due { get; set; }

        public void Ring()
        {
            if (!_isOff) ring();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() => _isOff = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
