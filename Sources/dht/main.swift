import DHTTools

await DHTTool.main(Array(CommandLine.arguments.dropFirst()))
