async def malformed(report): pass
async def floods(report): pass
