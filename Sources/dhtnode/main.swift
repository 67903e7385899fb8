import DHTTools

await NodeTool.main(Array(CommandLine.arguments.dropFirst()))
