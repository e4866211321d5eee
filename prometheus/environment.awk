# Fills ${NAME} in from the environment, since Alertmanager reads none: awk -f environment.awk alertmanager.yml
{
  while (match($0, /\$\{[A-Z_]+\}/)) {
    name = substr($0, RSTART + 2, RLENGTH - 3)
    if (!(name in ENVIRON)) {
      print FILENAME ": " name " is not set" >"/dev/stderr"
      exit 2
    }
    $0 = substr($0, 1, RSTART - 1) ENVIRON[name] substr($0, RSTART + RLENGTH)
  }
  print
}
