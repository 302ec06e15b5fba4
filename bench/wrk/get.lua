-- The same GET for everybody.
dofile(os.getenv('BENCH_WRK') .. '/report.lua')
