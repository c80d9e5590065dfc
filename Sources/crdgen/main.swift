print("crdgen")
