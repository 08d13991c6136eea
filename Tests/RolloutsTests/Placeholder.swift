// Tests of the values and rules stand here.
