// placeholder until the first file
