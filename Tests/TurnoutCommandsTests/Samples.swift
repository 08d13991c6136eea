import RolloutTesting

typealias Sample = SampleRun
